"""One case under both batches: what was asked and expected, and both answers with what differs."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.urls import reverse

from evalsite.cases.models import Revision, TestCase
from evalsite.diffs.structure import as_text, compare_values
from evalsite.diffs.words import GONE, NEW, Piece, compare_texts
from evalsite.regressions.answers import answers_to
from evalsite.regressions.models import Comparison, Fate
from evalsite.regressions.pair_cards import Compared, Side, compared_cases
from evalsite.regressions.pair_lists import Pair, stages_compared
from evalsite.scoring.recall import recall

# Longer texts are cut: the scorecard's page has all of it.
LONGEST: Final = 20_000
_MOST_PLACES: Final = 50


class Place(NamedTuple):
    """What differs at one place of an answer; the whole answer has no path."""

    path: str
    pieces: list[Piece]


class Sides(NamedTuple):
    """Both sides of a case; the texts are those of the newer batch's revision."""

    compared: Compared
    asked: str
    expected: str
    before: str
    now: str
    changes: list[Place]
    is_same: bool
    was_edited: bool

    @property
    def before_url(self) -> str:
        """The page of the scorecard before."""
        return _card_url(self.compared.before)

    @property
    def now_url(self) -> str:
        """The page of the scorecard now."""
        return _card_url(self.compared.now)


def side_by_side(comparison: Comparison, case: TestCase) -> Sides | None:
    """Answer a case of a comparison with its answers; None where neither batch has it."""
    revisions = _judged(comparison, case)
    now, before = (revisions.get(b) for b in (comparison.batch_id, comparison.baseline_id))
    shown = now or before
    if shown is None:
        return None
    pair = Pair(Fate.SAME, 0, 0, now.pk if now else None, before.pk if before else None, 0)
    (compared,) = compared_cases(comparison, [pair], stages=stages_compared(comparison))
    said = [_said(comparison, compared, is_now=is_now) for is_now in (False, True)]
    return Sides(
        compared=compared,
        asked=_text(shown.input),
        expected=_text(shown.expected),
        before=_text(said[0]),
        now=_text(said[1]),
        changes=differences(*said),
        is_same=said[0] == said[1],
        was_edited=bool(now and before and now.pk != before.pk),
    )


def differences(was: Any, now: Any) -> list[Place]:
    """Answer where two answers differ: member by member, and word by word inside of texts."""
    if not (isinstance(was, dict | list) and isinstance(now, dict | list)):
        pieces = compare_texts(_text(was), _text(now))
        return [Place("", pieces)] if was != now else []
    found = compare_values(was, now, most=_MOST_PLACES)
    return [
        Place(one.place, _pieces(one.was, one.now, has=(one.kind != NEW, one.kind != GONE)))
        for one in found
    ]


def _pieces(was: Any, now: Any, *, has: tuple[bool, bool]) -> list[Piece]:
    if all(has):
        return compare_texts(as_text(was)[:LONGEST], as_text(now)[:LONGEST])
    kind, value = (GONE, was) if has[0] else (NEW, now)
    return [Piece(kind, as_text(value)[:LONGEST])]


def _judged(comparison: Comparison, case: TestCase) -> dict[UUID, Revision]:
    """The revision of the case that each batch judged."""
    revisions = list(Revision.objects.filter(case=case).values_list("pk", flat=True))
    found = {}
    for batch in (comparison.batch_id, comparison.baseline_id):
        for card in recall(batch, revisions):
            found[batch] = card.revision
    return found


def _said(comparison: Comparison, compared: Compared, *, is_now: bool) -> Any:
    """What was answered in the repetition that is shown; why not, where nothing was."""
    batch = comparison.batch if is_now else comparison.baseline
    side = compared.now if is_now else compared.before
    if side.shown is None:
        return "The case is not in this batch."
    repetitions = {compared.case_id: side.shown.repetition}
    found = answers_to(batch.run, [compared.case_id], repetitions=repetitions)
    return found[compared.case_id].said()


def _card_url(side: Side) -> str:
    """Blank for what is not there, or was purged."""
    card = side.shown.card if side.shown else None
    return reverse("card", args=[card]) if card else ""


def _text(value: Any) -> str:
    """Write a value as it is read: a lone text as it is, all else as JSON over several lines."""
    if isinstance(value, dict) and len(value) == 1:
        (value,) = value.values()
    if isinstance(value, str):
        return value[:LONGEST]
    return json.dumps(value, ensure_ascii=False, indent=2)[:LONGEST]
