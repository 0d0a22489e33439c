"""What the last batches said of cases, whichever revision of theirs was judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple
from uuid import UUID

from evalsite.batches.models import Batch, BatchState
from evalsite.cases.models import Revision, Suite
from evalsite.scoring.models import Scorecard, ScoreStatus

# The worst first: a case that failed once did not pass.
_WORST: Final = (
    *(ScoreStatus.FAILED, ScoreStatus.ERRORED, ScoreStatus.UNSCORED),
    *(ScoreStatus.OPEN, ScoreStatus.PASSED),
)
_NAMED: Final = ("pk", "batch_id", "revision_id", "repetition", "status", "overall_score")


class LastVerdict(NamedTuple):
    """The worst of a case's scorecards in a batch; `passed` of `n` repetitions passed."""

    status: str
    score: float | None
    passed: int
    n: int
    card_id: UUID
    revision: int


def newest_finished(suite: Suite, *, most: int = 1) -> list[Batch]:
    """Answer the suite's newest finished batches, the newest first."""
    finished = Batch.objects.filter(suite=suite, state=BatchState.FINISHED)
    return list(finished.select_related("run").order_by("-created_at", "-pk")[:most])


def last_verdicts(
    batches: Iterable[Batch], *, cases: Collection[UUID]
) -> dict[tuple[UUID, UUID], LastVerdict]:
    """Answer by batch and case what became of the cases; who has no scorecard is not there.

    Two queries, however many batches and cases.
    """
    ids = [batch.pk for batch in batches]
    revisions = {
        pk: (case, number)
        for pk, case, number in Revision.objects.filter(case__in=cases).values_list(
            "pk", "case", "number"
        )
    }
    if not ids or not revisions:
        return {}
    cards = Scorecard.objects.filter(batch__in=ids, revision__in=list(revisions))
    grouped: dict[tuple[UUID, UUID], list[Scorecard]] = {}
    for card in cards.only(*_NAMED):
        grouped.setdefault((card.batch_id, revisions[card.revision_id][0]), []).append(card)
    return {place: _worst(group, revisions=revisions) for place, group in grouped.items()}


def _worst(cards: list[Scorecard], *, revisions: dict[UUID, tuple[UUID, int]]) -> LastVerdict:
    card = min(cards, key=lambda one: (_WORST.index(ScoreStatus(one.status)), one.repetition))
    passed = sum(one.status == ScoreStatus.PASSED for one in cards)
    number = revisions[card.revision_id][1]
    return LastVerdict(card.status, card.overall_score, passed, len(cards), card.pk, number)
