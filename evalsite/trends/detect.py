"""Look for shifts in the series that a finished batch continues."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from evalsite.batches.models import Batch, BatchState
from evalsite.regressions.metrics import metric
from evalsite.stats.change_evidence import change_evidence
from evalsite.stats.change_points import ENOUGH_VALUES
from evalsite.stats.locate_shift import locate_shift
from evalsite.stats.unpaired import mean_difference
from evalsite.trends.alarm import RATE, corrected, p_value
from evalsite.trends.batches import VALUES, Version, line_of, versions_of
from evalsite.trends.models import Shift, Watch

# Older versions are forgotten: a look takes time and memory by the square of their number.
MOST: Final = 500
# What a shift may come from besides the system: of the batch, and as frozen in its manifest.
_TOLD: Final = ("suite_version", "pack", "options", "repetitions")
_FROZEN: Final = {"pack_version": "pack_version", "judges": "stages"}
_NOTE: Final = """
    UPDATE trends_watch w
    SET n_versions = seen.n, evidence = seen.evidence, looked_at = clock_timestamp()
    FROM unnest(%s::uuid[], %s::int[], %s::float8[]) AS seen (id, n, evidence)
    WHERE w.id = seen.id
"""


@transaction.atomic(savepoint=False)
def detect(batch: Batch) -> list[Shift]:
    """Look at each metric of the batch's line, and answer the shifts that were found just now.

    Looking again at the same versions changes nothing. A batch that is not finished, or of some of
    its suite's cases only, belongs to no series.
    """
    if batch.state != BatchState.FINISHED or batch.selection:
        return []
    line = line_of(batch)
    # Locked: nobody else looks at them until this is through.
    Watch.objects.bulk_create(
        [Watch(**line._asdict(), metric=name) for name in VALUES], ignore_conflicts=True
    )
    found = Watch.objects.filter(**line._asdict()).order_by("metric").select_for_update()
    versions = versions_of(line)
    watched = [(watch, _since(watch, versions)) for watch in found]
    for watch, series in watched:
        watch.n_versions, watch.evidence = len(series), _evidence(watch, series)
    _note([watch for watch, _ in watched])
    alarms = _alarms(watch for watch, _ in watched)
    shifts = [
        _shift(watch, series, found_in=batch, p_corrected=alarms[watch.pk])
        for watch, series in watched
        if watch.pk in alarms
    ]
    return [shift for shift in shifts if shift is not None]


def _since(watch: Watch, versions: Sequence[Version]) -> list[Version]:
    """Answer the versions since the last shift that have a value."""
    return [
        version
        for version in versions
        if version.values[watch.metric] is not None
        and (watch.since is None or version.at >= watch.since)
    ][-MOST:]


def _numbers(watch: Watch, series: Iterable[Version]) -> list[float]:
    return [value for each in series if (value := each.values[watch.metric]) is not None]


def _evidence(watch: Watch, series: Sequence[Version]) -> float:
    if len(series) < ENOUGH_VALUES:
        return 0.0
    # Equal values are ranked by lot: the same lots at each look, others for each metric.
    lots = zlib.crc32(watch.metric.encode())
    return change_evidence(_numbers(watch, series), seed=lots)[-1]


def _note(watches: Sequence[Watch]) -> None:
    """Write down what this look saw, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            _NOTE,
            [
                [watch.pk for watch in watches],
                [watch.n_versions for watch in watches],
                [watch.evidence for watch in watches],
            ],
        )


def _alarms(watches: Iterable[Watch]) -> dict[UUID, float]:
    """Answer which are alarms among all the tenant's series, each with its corrected p."""
    looked_at = Watch.objects.filter(n_versions__gte=ENOUGH_VALUES)
    evidence = dict(looked_at.values_list("pk", "evidence"))
    p_values = dict(zip(evidence, corrected(list(evidence.values())), strict=True))
    return {w.pk: p_values[w.pk] for w in watches if p_values.get(w.pk, 1.0) <= RATE}


def _shift(
    watch: Watch, series: Sequence[Version], *, found_in: Batch, p_corrected: float
) -> Shift | None:
    """Write the shift down, once, and start the series anew with it; None if all are alike."""
    numbers = _numbers(watch, series)
    at = locate_shift(numbers)
    if at is None:
        return None
    first, before, after = series[at], fmean(numbers[:at]), fmean(numbers[at:])
    low, high = mean_difference(numbers[:at], numbers[at:]) or (None, None)
    shift, is_new = Shift.objects.get_or_create(
        suite_id=watch.suite_id,
        target_id=watch.target_id,
        client_type=watch.client_type,
        metric=watch.metric,
        batch_id=first.batch,
        defaults={
            "version": first.name,
            "found_in": found_in,
            "before": before,
            "after": after,
            "effect_low": low,
            "effect_high": high,
            "n_before": at,
            "n_after": len(numbers) - at,
            "is_harm": (after > before) == metric(watch.metric).less_is_better,
            "p_value": p_value(watch.evidence),
            "p_corrected": p_corrected,
            "also_changed": _also_changed(series[at - 1].batch, first.batch),
        },
    )
    # The evidence stays until the next look: shifts of the same moment support one another.
    Watch.objects.filter(pk=watch.pk).update(since=first.at)
    return shift if is_new else None


def _also_changed(before: UUID, after: UUID) -> list[str]:
    """Name what differs between two batches besides the run, as it may be the shift's cause."""
    batches = Batch.objects.in_bulk([before, after])
    old, new = batches[before], batches[after]
    told = {name: getattr(old, name) != getattr(new, name) for name in _TOLD}
    frozen = {name: old.manifest.get(key) != new.manifest.get(key) for name, key in _FROZEN.items()}
    return [name for name, changed in {**told, **frozen}.items() if changed]
