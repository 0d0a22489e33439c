"""How often a target goes from good to bad, told from when its batches were begun and weighed.

A batch that was begun before one that was weighed already says nothing (docs/alerts.md): whoever is
overtaken by a good batch is no crossing, however bad. Two that are weighed at about the same time
may go either way, so that there are several right answers. So may whoever stood still in between:
what is known is when a comparison's transaction began, not when the batch was weighed in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Final, NamedTuple

from evalsite.batches.models import Batch
from evalsite.regressions.models import Comparison
from evalsite.scoring.models import Scorecard
from tests.crucible.fouls import Outage

# From a batch's comparison, whose time is known, to its weighing; of two, either may be first.
AT_ONCE: Final = timedelta(seconds=1)
# Of a batch's cases, without a verdict: so many, and it proves nothing.
_UNJUDGED: Final = 0.2


class Weighed(NamedTuple):
    """A finished batch, weighed between two times; `is_bad` None where it proves neither."""

    begun: datetime
    at: datetime
    until: datetime
    is_bad: bool | None


def crossings(batches: Sequence[Weighed]) -> set[int]:
    """Answer each number of crossings that is right."""
    return {_turns(order) for order in permutations(batches) if _may_be(order)}


def weighed(*, stills: Sequence[Outage] = ()) -> list[Weighed]:
    """Read the finished batches of the recorded runs of the tenant in scope.

    `stills` are the times in which somebody stood still who may have been weighing.
    """
    recorded = Batch.objects.filter(run__name__in=("good", "worse"), state="finished")
    return [*_read(recorded, stills=stills)]


def _read(batches: Iterable[Batch], *, stills: Sequence[Outage]) -> Iterator[Weighed]:
    for batch in batches:
        own = Comparison.objects.filter(batch=batch, is_own=True).first()
        lacking = Scorecard.objects.filter(batch=batch, status__in=("unscored", "errored")).count()
        proves = lacking <= _UNJUDGED * batch.n_cases
        at = own.created_at if own else batch.finished_at or batch.created_at
        is_bad = batch.run.name == "worse" if proves else None
        yield Weighed(batch.created_at, at, _until(at, stills=stills), is_bad)


def _until(at: datetime, *, stills: Sequence[Outage]) -> datetime:
    ends = [still.end for still in stills if still.begin - AT_ONCE < at < still.end]
    return max([at, *ends]) + AT_ONCE


def _may_be(order: Sequence[Weighed]) -> bool:
    return all(one.at < later.until for n, one in enumerate(order) for later in order[n + 1 :])


def _turns(order: Iterable[Weighed]) -> int:
    turns, bad, newest = 0, False, None
    for batch in order:
        if newest is not None and batch.begun < newest:
            continue
        newest = batch.begun
        if batch.is_bad is not None:
            turns += batch.is_bad and not bad
            bad = batch.is_bad
    return turns
