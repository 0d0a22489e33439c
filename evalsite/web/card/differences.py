"""How what was answered differs from what was expected, or from what was answered before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from evalsite.alerts.printable import spelt
from evalsite.diffs.calls import answers_in_line, in_line
from evalsite.diffs.structure import Change, as_text, compare_values
from evalsite.diffs.words import GONE, NEW, SAME, Piece, compare_texts
from packs.registry import PACKS

# What is shown of one difference: characters, and places.
LONGEST: Final = 8_000
MOST_PLACES: Final = 60
# Within one of many places fewer words are worth comparing.
_MOST_WORDS: Final = 60
_LONGEST_TEXT: Final = 2_000
# Two texts without a blank, no longer than this, are names, ids or dates: one replaces the other.
_LONGEST_NAME: Final = 200
_SPACE: Final = re.compile(r"\s")
# So many characters stay on either side of a change, where more is the same.
_CONTEXT: Final = 160
_FOUND: Final = 1_000


class Place(NamedTuple):
    """What differs at one path; blank is the whole value. `kind`: gone, new or changed."""

    path: str
    kind: str
    pieces: list[Piece]


class Difference(NamedTuple):
    """The places that differ, and how many more there are than are shown; none: nothing differs."""

    places: list[Place]
    left_out: int

    def __bool__(self) -> bool:
        return bool(self.places)


def from_expected(expected: Any, answer: Any, *, manifest: Mapping[str, Any]) -> Difference | None:
    """Compare an answer with what was expected; None where they speak of nothing in common.

    The order of calls counts where a stage of the manifest says so; what else has none says the
    pack.
    """
    ordered, unordered = _is_ordered(manifest), _unordered(manifest)
    sides = in_line(expected, answer, ordered=ordered, unordered=unordered)
    return None if sides == ({}, {}) else difference(*sides)


def from_before(was: Any, now: Any) -> Difference:
    """Compare an answer with the one before."""
    return difference(*answers_in_line(was, now))


def difference(was: Any, now: Any) -> Difference:
    """Compare two JSON values, place by place, and the texts in them word by word."""
    found = compare_values(was, now, most=_FOUND)
    room, places = LONGEST, []
    for change in found[:MOST_PLACES]:
        pieces = list(_bounded(_pieces(change, alone=len(found) == 1), room=room))
        places.append(Place(spelt(change.place)[:200], change.kind, pieces))
        room -= sum(len(piece.text) for piece in pieces)
        if room < _CONTEXT:
            break
    return Difference(places, len(found) - len(places))


def _is_ordered(manifest: Mapping[str, Any]) -> bool:
    options = (stage.get("judge_options") or {} for stage in manifest.get("stages", ()))
    return any(option.get("ordered") is True for option in options)


def _unordered(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """A pack that is not installed any more says nothing."""
    name = manifest.get("pack", "")
    pack = PACKS.load(name).value if name in PACKS else None
    return tuple(getattr(pack, "unordered", ()))


def _pieces(change: Change, *, alone: bool) -> list[Piece]:
    if change.kind == GONE:
        return [Piece(GONE, as_text(change.was))]
    if change.kind == NEW:
        return [Piece(NEW, as_text(change.now))]
    was, now = as_text(change.was), as_text(change.now)
    if not (isinstance(change.was, str) and isinstance(change.now, str)):
        return [Piece(GONE, was), Piece(NEW, now)]
    if len(was) + len(now) < _LONGEST_NAME and not (_SPACE.search(was) or _SPACE.search(now)):
        return [Piece(GONE, was), Piece(NEW, now)]
    return compare_texts(was, now) if alone else compare_texts(was, now, most=_MOST_WORDS)


def _bounded(pieces: list[Piece], *, room: int) -> Iterable[Piece]:
    """Shorten what is the same to its edges and what differs to its start; stop in time."""
    last = len(pieces) - 1
    for place, piece in enumerate(pieces):
        if piece.kind == SAME:
            text = _edges(piece.text, first=place == 0, last=place == last)
        else:
            text = _start(piece.text, min(room, _LONGEST_TEXT))
        yield Piece(piece.kind, spelt(text))
        room -= len(text)
        if room <= 0:
            yield Piece(SAME, f" … {last - place:,} more pieces" if place < last else "")
            return


def _edges(text: str, *, first: bool, last: bool) -> str:
    left_out = len(text) - (not first) * _CONTEXT - (not last) * _CONTEXT
    if left_out < _CONTEXT:
        return text
    head = "" if first else text[:_CONTEXT]
    tail = "" if last else text[-_CONTEXT:]
    return f"{head} … {left_out:,} characters the same … {tail}"


def _start(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]} … {len(text) - longest:,} more"
