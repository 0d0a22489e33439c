"""What the two batches say about a page of pairs: three queries for however many there are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite import figures
from evalsite.cases.models import Revision
from evalsite.regressions.models import Comparison, Fate
from evalsite.regressions.pair_lists import Pair

# The reason's beginning alone: what judges said at length may be long, and kept elsewhere.
_CARDS: Final = """
    SELECT c.revision_id, c.id, c.repetition, c.status, c.overall_score, c.stages::text,
        (SELECT jsonb_object_agg(s.key, left(s.value ->> 'reason', 300))::text
         FROM jsonb_each(c.details) s WHERE jsonb_typeof(s.value) = 'object')
    FROM scoring_scorecard c WHERE c.batch_id = %(batch)s AND c.revision_id = ANY (%(revisions)s)
    UNION ALL
    SELECT k.revision_id, NULL, k.repetition, k.status, k.score, k.stages::text, NULL
    FROM scoring_extract e CROSS JOIN LATERAL unnest(
        e.revisions, e.repetitions, e.statuses, e.scores, e.stages
    ) AS k (revision_id, repetition, status, score, stages)
    WHERE e.batch_id = %(batch)s AND k.revision_id = ANY (%(revisions)s)
    ORDER BY 1, 3
"""


class Judged(NamedTuple):
    """One repetition of a case; `card` is None for one that was purged."""

    card: UUID | None
    repetition: int
    status: str
    score: float | None
    stages: dict[str, Any]
    reasons: dict[str, str]


@dataclass(frozen=True, slots=True)
class Side:
    """What one batch says about a case, in all its repetitions; none where it is missing."""

    cards: list[Judged] = field(default_factory=list)

    @property
    def shown(self) -> Judged | None:
        """The repetition to look at: the first that did not pass, else the first."""
        return next((c for c in self.cards if c.status != "passed"), next(iter(self.cards), None))

    @property
    def score(self) -> float | None:
        """The mean score; None where a repetition has none."""
        scores = [card.score for card in self.cards]
        known = [score for score in scores if score is not None]
        return fmean(known) if known and len(known) == len(scores) else None

    @property
    def told(self) -> str:
        """The score as it is written; a dash where there is none."""
        return figures.score(self.score)

    @property
    def status(self) -> str:
        """What it came to: one word, or how many repetitions passed."""
        return _told([card.status for card in self.cards])

    def stage(self, name: str) -> str:
        """What a stage came to, in the same words; blank where it has no result."""
        found = [str(c.stages[name]["status"]) for c in self.cards if name in c.stages]
        return _told(found).replace("_", " ")

    def reason(self, stages: Sequence[str]) -> str:
        """Why the first stage that did not pass did not."""
        card = self.shown
        for name in stages if card else ():
            result = card.stages.get(name, {}) if card else {}
            if card and result.get("status") in ("failed", "unscored", "errored"):
                why = card.reasons.get(name) or result.get("code") or ""
                return f"{name}: {why}" if why else f"{name} {result['status']}"
        return ""


class StageMark(NamedTuple):
    """A stage before and now, in words."""

    name: str
    before: str
    now: str

    @property
    def is_changed(self) -> bool:
        """Whether it came to something else."""
        return self.before != self.now


class Compared(NamedTuple):
    """A case and both sides of it."""

    fate: Fate
    case_id: UUID
    key: str
    category: str
    before: Side
    now: Side
    marks: list[StageMark]
    reason: str


def compared_cases(
    comparison: Comparison, pairs: Sequence[Pair], *, stages: Sequence[str]
) -> list[Compared]:
    """Answer the cases of these pairs, in the same order, with what both batches say."""
    revisions = {pair: pair.now or pair.before for pair in pairs}
    fields = ("case_id", "case__key", "category")
    told = Revision.objects.filter(pk__in=[pk for pk in revisions.values() if pk])
    about = {pk: rest for pk, *rest in told.values_list("pk", *fields)}
    now = _sides(comparison.batch_id, (pair.now for pair in pairs))
    before = _sides(comparison.baseline_id, (pair.before for pair in pairs))
    found = []
    for pair, revision in revisions.items():
        sides = before[pair.before], now[pair.now]
        marks = [StageMark(name, *(side.stage(name) for side in sides)) for name in stages]
        earlier = sides[0].reason(stages)
        reason = sides[1].reason(stages) or (f"before, {earlier}" if earlier else "")
        case_id, key, category = about[revision]
        found.append(Compared(pair.fate, case_id, key, category, *sides, marks, reason))
    return found


def _sides(batch: UUID, revisions: Iterable[UUID | None]) -> dict[UUID | None, Side]:
    found: dict[UUID | None, Side] = defaultdict(Side)
    values: dict[str, Any] = {"batch": batch, "revisions": [pk for pk in revisions if pk]}
    with connection.cursor() as cursor:
        cursor.execute(_CARDS, values)
        for revision, card, repetition, status, score, stages, reasons in cursor.fetchall():
            judged = Judged(
                card, repetition, status, score, json.loads(stages), json.loads(reasons or "{}")
            )
            found[revision].cards.append(judged)
    return found


def _told(statuses: Sequence[str]) -> str:
    if len(set(statuses)) < 2:
        return next(iter(statuses), "")
    return f"{statuses.count('passed')} of {len(statuses)} passed"
