"""Questions about a comparison: which cases got worse, how, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from evalsite.batches.marks import purged
from evalsite.regressions.metrics import HEADLINE
from evalsite.regressions.models import Comparison, Regression
from evalsite.scoring.models import Scorecard, ScoreStatus
from evalsite.scoring.recall import recall


class Change(NamedTuple):
    """What became of one stage of a case, the judge's reason, and what it was before."""

    stage: str
    status: str
    reason: str
    was: str = ""


class WorseCase(NamedTuple):
    """A case that passes less often than before: in fewer of its repetitions, or not at all."""

    key: str
    category: str
    score_before: float | None
    score_now: float | None
    changes: list[Change]


class SliceCount(NamedTuple):
    """How the pairs of one slice fell."""

    kind: str
    value: str
    n_pairs: int
    worse: int
    better: int


def own_comparison(batch: UUID) -> Comparison | None:
    """Answer the comparison that was made when the batch was closed, if there was a baseline."""
    made = Comparison.objects.filter(batch=batch, is_own=True)
    return made.select_related("batch__run", "batch__suite", "baseline__run").first()


def headline(comparison: Comparison) -> Regression:
    """Answer what was found about the whole pass rate; every comparison has that."""
    return comparison.findings.get(metric=HEADLINE, slice_kind="all")


def own_headlines(batches: Iterable[UUID]) -> QuerySet[Regression]:
    """Answer what the own comparison of each of these batches found about the whole pass rate."""
    whole = Regression.objects.filter(metric=HEADLINE, slice_kind="all")
    of_them = Comparison.objects.filter(batch__in=list(batches), is_own=True)
    return whole.filter(comparison__in=of_them).select_related("comparison")


def worst_cases(comparison: Comparison, *, limit: int = 5) -> list[WorseCase]:
    """Answer the cases that got worse, the biggest drop first: of passes, then of score.

    No more than `worst.KEPT` are kept with a comparison.
    """
    pairs = [(UUID(now), UUID(before)) for now, before in comparison.worst[:limit]]
    now = _cards(comparison.batch_id, [pair[0] for pair in pairs])
    before = _cards(comparison.baseline_id, [pair[1] for pair in pairs])
    stages = [stage["name"] for stage in comparison.batch.manifest["stages"]]
    return [
        _worse(now[after], before[earlier], stages=stages, purged=purged(comparison.batch))
        for after, earlier in pairs
        if now[after] and before[earlier]
    ]


def by_slice(comparison: Comparison) -> list[SliceCount]:
    """Answer how the pairs fell in each slice; a case is in the slices that it has now."""
    found = comparison.findings.filter(metric=HEADLINE).order_by("slice_kind", "slice_value")
    fields = ("slice_kind", "slice_value", "n_pairs", "worse", "better")
    return [SliceCount(*row) for row in found.values_list(*fields)]


def _cards(batch: UUID, revisions: list[UUID]) -> dict[UUID, list[Scorecard]]:
    """The scorecards of these revisions, in order of repetition, or what a purge left of them."""
    found: dict[UUID, list[Scorecard]] = {revision: [] for revision in revisions}
    for card in recall(batch, revisions):
        found[card.revision_id].append(card)
    return found


def _worse(
    now: list[Scorecard], before: list[Scorecard], *, stages: list[str], purged: str
) -> WorseCase:
    """The stages that failed, as the batch ran them, told once where repetitions failed alike.

    What they were before is taken from the first repetition that passed.
    """
    passed = next((card for card in before if card.status == ScoreStatus.PASSED), before[0])
    was = {stage: str(result["status"]) for stage, result in passed.stages.items()}
    failed = [change for card in now for change in _failed_stages(card, was=was, purged=purged)]
    place = {stage: i for i, stage in enumerate(stages)}
    revision = now[0].revision
    return WorseCase(
        revision.case.key,
        revision.category,
        _score(before),
        _score(now),
        sorted(dict.fromkeys(failed), key=lambda change: place.get(change.stage, len(place))),
    )


def _failed_stages(card: Scorecard, *, was: dict[str, str], purged: str) -> Iterator[Change]:
    for stage, result in card.stages.items():
        if result["status"] == "failed":
            why = card.details.get(stage, {}).get("reason") or result.get("code") or purged
            yield Change(stage, result["status"], why, was.get(stage, ""))


def _score(cards: list[Scorecard]) -> float | None:
    scores = [card.overall_score for card in cards if card.overall_score is not None]
    return fmean(scores) if scores else None
