"""Show the worst cases of a comparison: what was expected, what was answered before and now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from evalsite.alerts.diff import Line, diff
from evalsite.alerts.printable import printable
from evalsite.cases.models import Revision
from evalsite.figures import score
from evalsite.regressions.answers import Answer, answers_to
from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import WorseCase, worst_cases
from evalsite.scoring.models import ScoreStatus
from evalsite.scoring.recall import recall

SHOWN = 5


class Reason(NamedTuple):
    """A stage that failed, and why its judge said so."""

    stage: str
    reason: str


class Shown(NamedTuple):
    """A case that got worse, safe to print; `from_expected` and `from_before` lead to now."""

    key: str
    category: str
    before: str
    now: str
    reasons: list[Reason]
    asked: str
    from_expected: list[Line]
    from_before: list[Line]


def shown_cases(comparison: Comparison, *, limit: int = SHOWN) -> list[Shown]:
    """Answer the worst cases with their differences; no more than `limit` are read."""
    cases = worst_cases(comparison, limit=limit)
    revisions = _revisions(comparison, [case.key for case in cases])
    repetitions = _failed(comparison, revisions.values())
    now, before = (
        answers_to(
            batch.run,
            (revision.case_id for revision in revisions.values()),
            repetitions=repetitions,
        )
        for batch in (comparison.batch, comparison.baseline)
    )
    return [
        _shown(case, revision, now=now[revision.case_id], before=before[revision.case_id])
        for case in cases
        if (revision := revisions.get(case.key)) is not None
    ]


def _shown(case: WorseCase, revision: Revision, *, now: Answer, before: Answer) -> Shown:
    return Shown(
        key=printable(case.key, limit=100),
        category=printable(case.category),
        before=score(case.score_before),
        now=score(case.score_now),
        reasons=[Reason(change.stage, printable(change.reason)) for change in case.changes],
        asked=_asked(revision.input),
        from_expected=diff(*_alike(revision.expected, now.said())),
        from_before=diff(before.said(), now.said()),
    )


def _alike(expected: Any, answer: Any) -> tuple[Any, Any]:
    """Leave out of two objects what only one of them speaks of: schemas differ."""
    if not (isinstance(expected, dict) and isinstance(answer, dict)):
        return expected, answer
    both = [name for name in expected if name in answer]
    if not both:
        return expected, answer
    return {name: expected[name] for name in both}, {name: answer[name] for name in both}


def _asked(given: Any) -> str:
    """The input on one line: its one text, or the last message of a conversation."""
    if not isinstance(given, dict):
        return printable(str(given), limit=200)
    texts = [value for value in given.values() if isinstance(value, str)]
    messages = given.get("messages")
    if isinstance(messages, list) and messages and isinstance(messages[-1], dict):
        texts = [str(messages[-1].get("content", ""))]
    return printable(texts[0] if len(texts) == 1 else json.dumps(given), limit=200)


def _revisions(comparison: Comparison, keys: list[str]) -> dict[str, Revision]:
    """The revision of each case that the batch judged, by the case's key."""
    judged = [UUID(now) for now, _ in comparison.worst]
    found = Revision.objects.filter(pk__in=judged, case__key__in=keys).select_related("case")
    return {revision.case.key: revision for revision in found}


def _failed(comparison: Comparison, revisions: Iterable[Revision]) -> dict[UUID, int]:
    """The first repetition of each case that failed."""
    cards = recall(comparison.batch_id, [revision.pk for revision in revisions])
    failed = [card for card in reversed(cards) if card.status == ScoreStatus.FAILED]
    return {card.revision.case_id: card.repetition for card in failed}
