"""Questions about a comparison: which cases got worse, how, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.regressions.metrics import HEADLINE
from evalsite.regressions.models import Comparison, Regression
from evalsite.scoring.models import Scorecard


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


# A case is judged where all its repetitions passed or failed. Another input is another question.
_WORST = """
    WITH now AS (
        SELECT revision_id, avg((status = 'passed')::int) AS share, avg(overall_score) AS score
        FROM scoring_scorecard WHERE batch_id = %(now)s GROUP BY revision_id
        HAVING bool_and(status IN ('passed', 'failed')) AND bool_or(status = 'failed')
    ), before AS (
        SELECT revision_id, avg((status = 'passed')::int) AS share, avg(overall_score) AS score
        FROM scoring_scorecard WHERE batch_id = %(before)s GROUP BY revision_id
        HAVING bool_and(status IN ('passed', 'failed')) AND bool_or(status = 'passed')
    )
    SELECT t.key, r.category, before.score, now.score, now.revision_id, before.revision_id
    FROM now JOIN cases_revision r ON r.id = now.revision_id
    JOIN (before JOIN cases_revision b ON b.id = before.revision_id) ON b.case_id = r.case_id
    JOIN cases_testcase t ON t.id = r.case_id
    WHERE now.share < before.share AND (r.id = b.id OR r.input = b.input)
    ORDER BY before.share - now.share DESC, before.score - now.score DESC NULLS LAST, t.key
    LIMIT %(limit)s
"""


def own_comparison(batch: UUID) -> Comparison | None:
    """Answer the comparison that was made when the batch was closed, if there was a baseline."""
    made = Comparison.objects.filter(batch=batch, is_own=True)
    return made.select_related("batch__run", "batch__suite", "baseline__run").first()


def headline(comparison: Comparison) -> Regression:
    """Answer what was found about the whole pass rate; every comparison has that."""
    return comparison.findings.get(metric=HEADLINE, slice_kind="all")


def worst_cases(comparison: Comparison, *, limit: int = 5) -> list[WorseCase]:
    """Answer the cases that got worse, the biggest drop first: of passes, then of score."""
    batch, baseline = comparison.batch_id, comparison.baseline_id
    with connection.cursor() as cursor:
        cursor.execute(_WORST, {"now": batch, "before": baseline, "limit": limit})
        rows = cursor.fetchall()
    changes = _changes(batch, [revision for *_, revision, _ in rows])
    was = _statuses(baseline, [revision for *_, revision in rows])
    stages = [stage["name"] for stage in comparison.batch.manifest["stages"]]
    return [
        WorseCase(
            key, category, score, now, _told(changes[revision], was.get(earlier, {}), stages=stages)
        )
        for key, category, score, now, revision, earlier in rows
    ]


def by_slice(comparison: Comparison) -> list[SliceCount]:
    """Answer how the pairs fell in each slice; a case is in the slices that it has now."""
    found = comparison.findings.filter(metric=HEADLINE).order_by("slice_kind", "slice_value")
    fields = ("slice_kind", "slice_value", "n_pairs", "worse", "better")
    return [SliceCount(*row) for row in found.values_list(*fields)]


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


def _statuses(batch: UUID, revisions: list[UUID]) -> dict[UUID, dict[str, str]]:
    """What became of each stage, in the first repetition that passed."""
    cards = Scorecard.objects.filter(batch=batch, revision__in=revisions, status="passed")
    found: dict[UUID, dict[str, str]] = {}
    rows: Any = cards.order_by("revision_id", "repetition").values_list("revision_id", "stages")
    for revision, stages in rows:
        found.setdefault(revision, {name: result["status"] for name, result in stages.items()})
    return found


def _told(changes: list[Change], was: dict[str, str], *, stages: list[str]) -> list[Change]:
    """Stages as the batch ran them; JSON in the database forgets the order."""
    told = [change._replace(was=was.get(change.stage, "")) for change in changes]
    return sorted(told, key=lambda c: stages.index(c.stage) if c.stage in stages else len(stages))
