"""Look for shifts in the series that a finished batch continues."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db import transaction

from evalsite.batches.models import Batch, BatchState
from evalsite.regressions.metrics import metric
from evalsite.trends.alarm import RATE, corrected, p_value
from evalsite.trends.batches import VALUES, Version, line_of, versions_of
from evalsite.trends.models import Shift, Watch

# Older versions are forgotten: a look takes time and memory by the square of their number.
MOST: Final = 500
# What a shift may come from besides the system: of the batch, and as frozen in its manifest.
_TOLD: Final = ("suite_version", "pack", "options", "repetitions")
_FROZEN: Final = {"pack_version": "pack_version", "judges": "stages"}


@transaction.atomic
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
        watch.save()
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
    from evalsite.stats.change_evidence import change_evidence

    # Equal values are ranked by lot: the same lots at each look, others for each metric.
    lots = zlib.crc32(watch.metric.encode())
    return change_evidence(_numbers(watch, series), seed=lots)[-1] if series else 0.0


def _alarms(watches: Iterable[Watch]) -> dict[UUID, float]:
    """Answer which of the watches are alarms among all of the tenant, with the corrected p."""
    evidence = dict(Watch.objects.values_list("pk", "evidence"))
    p_values = dict(zip(evidence, corrected(list(evidence.values())), strict=True))
    return {watch.pk: p_values[watch.pk] for watch in watches if p_values[watch.pk] <= RATE}


def _shift(
    watch: Watch, series: Sequence[Version], *, found_in: Batch, p_corrected: float
) -> Shift | None:
    """Write the shift down, once, and start the series anew with it; None if all are alike."""
    from evalsite.stats.change_points import find_change
    from evalsite.stats.unpaired import mean_difference

    numbers = _numbers(watch, series)
    # Only asked where it is: whether there is one the evidence has said.
    change = find_change(numbers, draws=99)
    if change is None:
        return None
    at, first = change.at, series[change.at]
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
            "before": change.before,
            "after": change.after,
            "effect_low": low,
            "effect_high": high,
            "n_before": at,
            "n_after": len(numbers) - at,
            "is_harm": (change.after > change.before) == metric(watch.metric).less_is_better,
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
