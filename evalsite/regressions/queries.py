"""Questions about a comparison: which cases got worse, how, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from evalsite.regressions.models import Comparison, Regression
from evalsite.regressions.pairs import select
from evalsite.scoring.models import Scorecard
from evalsite.summaries.slices import slices_of


class Change(NamedTuple):
    """What became of one stage of a case, and the judge's reason."""

    stage: str
    status: str
    reason: str


class WorseCase(NamedTuple):
    """A case that passed before and fails now."""

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


_WORST = """
    SELECT t.key, r.category, score_before, score_now, pairs.revision_id
    FROM pairs JOIN cases_revision r ON r.id = pairs.revision_id
    JOIN cases_testcase t ON t.id = pairs.case_id
    WHERE judged AND passed_before AND NOT passed_now
    ORDER BY score_before - score_now DESC NULLS LAST, t.key
    LIMIT %(limit)s
"""
_BY_SLICE = """
    SELECT slice.kind, slice.value, count(*),
        count(*) FILTER (WHERE passed_before AND NOT passed_now),
        count(*) FILTER (WHERE NOT passed_before AND passed_now)
    FROM pairs JOIN cases_revision r ON r.id = pairs.revision_id {slices}
    WHERE judged
    GROUP BY slice.kind, slice.value
    ORDER BY slice.kind, slice.value
"""


def own_comparison(batch: UUID) -> Comparison | None:
    """Answer the comparison that was made when the batch was closed, if there was a baseline."""
    made = Comparison.objects.filter(batch=batch, is_own=True)
    return made.select_related("baseline__run").first()


def headline(comparison: Comparison) -> Regression:
    """Answer what was found about the whole pass rate; every comparison has that."""
    return comparison.findings.get(metric="pass_rate", slice_kind="all")


def worst_cases(comparison: Comparison, *, limit: int = 5) -> list[WorseCase]:
    """Answer the cases that passed before and fail now, the biggest drop of score first."""
    rows = _rows(_WORST, comparison, limit=limit)
    changes = _changes(comparison.batch_id, [revision for *_, revision in rows])
    return [
        WorseCase(key, category, before, now, changes[revision])
        for key, category, before, now, revision in rows
    ]


def by_slice(comparison: Comparison) -> list[SliceCount]:
    """Answer how the pairs fell in each slice; a case is in the slices that it has now."""
    return [SliceCount(*row) for row in _rows(_BY_SLICE.format(slices=slices_of("r")), comparison)]


def _changes(batch: UUID, revisions: list[UUID]) -> dict[UUID, list[Change]]:
    """The stages that failed, told once where repetitions failed alike."""
    changes: dict[UUID, list[Change]] = {revision: [] for revision in revisions}
    cards = Scorecard.objects.filter(batch=batch, revision__in=revisions, status="failed")
    for card in cards.order_by("revision_id", "repetition"):
        known = changes[card.revision_id]
        known += [change for change in _failed_stages(card) if change not in known]
    return changes


def _failed_stages(card: Scorecard) -> Iterator[Change]:
    for stage, result in card.stages.items():
        if result["status"] == "failed":
            why = card.details.get(stage, {}).get("reason") or result.get("code") or ""
            yield Change(stage, result["status"], why)


def _rows(sql: str, comparison: Comparison, **values: Any) -> list[tuple[Any, ...]]:
    return select(sql, now=comparison.batch_id, before=comparison.baseline_id, **values)
