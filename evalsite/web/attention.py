"""What of a tenant needs somebody: the newest of each kind, what is worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple
from uuid import UUID

from django.urls import reverse

from evalsite.batches.models import Batch, BatchState
from evalsite.figures import change, level
from evalsite.gates.unpassed import unpassed
from evalsite.regressions.metrics import metric
from evalsite.regressions.models import Verdict
from evalsite.regressions.queries import own_headlines
from evalsite.regressions.words import plain, told
from evalsite.summaries.queries import much_unscored
from evalsite.trends.models import Shift, ShiftState

MOST: Final = 10
# The share of a batch's cases that may stay without a verdict before somebody should look.
UNSCORED: Final = 0.05


class Matter(NamedTuple):
    """One thing to look at: `kind` is a verdict's or a state's code, `word` how it is read."""

    kind: str
    word: str
    suite: str
    what: str
    url: str
    at: datetime | None


def matters(newest: Sequence[UUID]) -> list[Matter]:
    """Answer what to look at, given the newest finished batch of each suite; MOST of each kind."""
    kinds = (_regressed(newest), _gates(newest), _paused(), _unscored(newest), _shifts())
    return list(chain.from_iterable(kinds))


def _regressed(newest: Sequence[UUID]) -> Iterator[Matter]:
    found = own_headlines(newest).filter(verdict=Verdict.REGRESSED)
    found = found.select_related("comparison__batch__suite", "comparison__batch__run")
    for one in found.order_by("-comparison__created_at", "-pk")[:MOST]:
        batch, seen = one.comparison.batch, told(one)
        interval = f", 95 % interval {seen.interval}" if one.effect_low is not None else ""
        what = f"{batch.run}: {seen.before} → {seen.after}, {change(one.effect)}{interval}"
        where = reverse("comparison", args=[one.comparison_id])
        yield Matter("regressed", "regressed", batch.suite.name, what, where, batch.finished_at)


def _gates(newest: Sequence[UUID]) -> Iterator[Matter]:
    found = unpassed(newest).select_related("comparison__batch__suite", "comparison__batch__run")
    for check in found[:MOST]:
        batch, word = check.comparison.batch, check.get_outcome_display().lower()
        where = reverse("comparison", args=[check.comparison_id])
        what = f"gate {check.gate_name}, about {batch.run}"
        yield Matter(check.outcome, f"gate {word}", batch.suite.name, what, where, check.created_at)


def _paused() -> Iterator[Matter]:
    found = Batch.objects.filter(state=BatchState.PAUSED).select_related("suite", "run")
    for batch in found.order_by("-created_at", "-pk")[:MOST]:
        why = plain(batch.paused_reason or batch.paused_code, limit=160)
        what = f"{batch.run}: {why}" if why else batch.run.name
        where = reverse("batch", args=[batch.pk])
        yield Matter("paused", "paused", batch.suite.name, what, where, batch.created_at)


def _unscored(newest: Sequence[UUID]) -> Iterator[Matter]:
    found = much_unscored(newest, share=UNSCORED).select_related("batch__suite", "batch__run")
    for whole in found.order_by("-batch__created_at", "-pk")[:MOST]:
        batch, lost = whole.batch, whole.unscored + whole.errored
        what = (
            f"{batch.run}: {lost:,} of {whole.n:,} cases ({level(lost / whole.n)}) have no verdict"
        )
        where = reverse("batch", args=[batch.pk])
        yield Matter("unscored", "unscored", batch.suite.name, what, where, batch.finished_at)


def _shifts() -> Iterator[Matter]:
    found = Shift.objects.filter(state=ShiftState.OPEN, is_harm=True)
    for shift in found.select_related("suite", "target").order_by("-found_at", "-pk")[:MOST]:
        unit = metric(shift.metric).unit
        name = plain(shift.metric.replace("_", " "))
        levels = f"{level(shift.before, unit)} → {level(shift.after, unit)}"
        what = f"{name} of {shift.target}: {levels} since version {plain(shift.version)}"
        where = reverse("batch", args=[shift.batch_id])
        yield Matter("warn", "shift", shift.suite.name, what, where, shift.found_at)
