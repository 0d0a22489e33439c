"""How one text becomes another: the words that stay, go and come, in bounded time.

The method is Myers's greedy one (1986): its time grows with the number of differences, so that two
long texts that are nearly alike cost little, and two that are not are given up on early.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, NamedTuple

WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")
SAME: Final = "same"
GONE: Final = "gone"
NEW: Final = "new"
# Beyond so many words that go and come, line is compared with line; beyond these, all is replaced.
MOST: Final = 200
# A text beyond this is not cut into words.
_LONGEST: Final = 200_000
_LONGEST_WORD: Final = 100
# Where less of both is the same, whole against whole reads better.
_ALIKE: Final = 0.4


class Piece(NamedTuple):
    """Some words: `same` in both, only in the first (`gone`), or only in the second (`new`)."""

    kind: str
    text: str


class _Edges(NamedTuple):
    """How many characters two texts share at the start and at the end."""

    head: int
    tail: int


def compare_texts(was: str, now: str, *, most: int = MOST) -> list[Piece]:
    """Answer the pieces of two texts: same and gone give the first, same and new the second.

    Whole words are compared; where too many differ, whole lines; and where these do, all of it.
    """
    head, tail = _shared(was, now)
    first, second = was[head : len(was) - tail], now[head : len(now) - tail]
    middle = _compared(first, second, most=most)
    return _joined([Piece(SAME, was[:head]), *middle, Piece(SAME, was[len(was) - tail :])])


def compare_parts(
    was: Sequence[str], now: Sequence[str], *, most: int = MOST
) -> list[Piece] | None:
    """Answer the pieces of two texts that were cut in parts; None where more than `most` differ."""
    traces = _search(was, now, most=most)
    if traces is None:
        return None
    pieces = _walked_back(was, now, traces=traces)
    if _likeness(pieces) < _ALIKE:
        return [Piece(GONE, "".join(was)), Piece(NEW, "".join(now))]
    return _as_phrases(pieces)


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Answer as one what follows each other: what stays, or all that goes before all that comes."""
    joined: list[Piece] = []
    for stays, run in groupby(pieces, key=lambda piece: piece.kind == SAME):
        parts = list(run)
        for kind in (SAME,) if stays else (GONE, NEW):
            text = "".join(part.text for part in parts if part.kind == kind)
            joined += [Piece(kind, text)] if text else []
    return joined


def _as_phrases(pieces: list[Piece]) -> list[Piece]:
    """Let a blank between two changes go and come with them: phrases read better than words."""
    found = _joined(pieces)
    changed = [
        place
        for place, piece in enumerate(found)
        if 0 < place < len(found) - 1 and piece.kind == SAME and piece.text.isspace()
    ]
    for place in reversed(changed):
        blank = found[place].text
        found[place : place + 1] = [Piece(GONE, blank), Piece(NEW, blank)]
    return _joined(found)


def _likeness(pieces: Iterable[Piece]) -> float:
    """Answer the share of both texts, blanks aside, that is the same."""
    n = dict.fromkeys((SAME, GONE, NEW), 0)
    for kind, text in pieces:
        n[kind] += 0 if text.isspace() else len(text)
    whole = 2 * n[SAME] + n[GONE] + n[NEW]
    return 2 * n[SAME] / whole if whole else 1.0


def _compared(was: str, now: str, *, most: int) -> list[Piece]:
    if max(len(was), len(now)) <= _LONGEST:
        for cut in (WORD.findall, _lines):
            if found := compare_parts(cut(was), cut(now), most=most):
                return found
    return [Piece(GONE, was), Piece(NEW, now)]


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _shared(was: str, now: str) -> _Edges:
    """Leave out what is alike at both ends, but for the words that the difference touches."""
    head = _same_start(was, now)
    for _ in range(_LONGEST_WORD):
        head -= _splits(was, at=head) or _splits(now, at=head)
    tail = _same_start(was[head:][::-1], now[head:][::-1])
    for _ in range(_LONGEST_WORD):
        tail -= _splits(was, at=len(was) - tail) or _splits(now, at=len(now) - tail)
    return _Edges(head, tail)


def _splits(text: str, *, at: int) -> bool:
    """Whether a word goes on at this place."""
    return 0 < at < len(text) and WORD.fullmatch(text, at - 1, at + 1) is not None


def _same_start(was: str, now: str) -> int:
    """Answer how many characters are alike from the start on, by halving."""
    low, high = 0, min(len(was), len(now))
    while low < high:
        half = (low + high + 1) // 2
        if was[low:half] == now[low:half]:
            low = half
        else:
            high = half - 1
    return low


def _search(was: Sequence[str], now: Sequence[str], *, most: int) -> list[dict[int, int]] | None:
    """Answer how far each number of edits reaches on each diagonal, up to the end of both."""
    reach, traces = {1: 0}, []
    for edits in range(min(most, len(was) + len(now)) + 1):
        traces.append(reach.copy())
        for diagonal in range(-edits, edits + 1, 2):
            x = _start(reach, diagonal, edits=edits)
            while x < len(was) and x - diagonal < len(now) and was[x] == now[x - diagonal]:
                x += 1
            reach[diagonal] = x
            if x >= len(was) and x - diagonal >= len(now):
                return traces
    return None


def _start(reach: dict[int, int], diagonal: int, *, edits: int) -> int:
    """Answer where a path gets to by one more edit: a part comes (down) or goes (right)."""
    if _comes(reach, diagonal, edits=edits):
        return reach[diagonal + 1]
    return reach[diagonal - 1] + 1


def _comes(reach: dict[int, int], diagonal: int, *, edits: int) -> bool:
    if diagonal in (-edits, edits):
        return diagonal == -edits
    return reach[diagonal - 1] < reach[diagonal + 1]


def _walked_back(
    was: Sequence[str], now: Sequence[str], *, traces: list[dict[int, int]]
) -> list[Piece]:
    """Follow the shortest way from the end of both to their start."""
    x, y = len(was), len(now)
    found: list[Piece] = []
    for edits in range(len(traces) - 1, 0, -1):
        reach, diagonal = traces[edits], x - y
        comes = _comes(reach, diagonal, edits=edits)
        start = reach[diagonal + 1] if comes else reach[diagonal - 1] + 1
        found.append(Piece(SAME, "".join(was[start:x])))
        x, y = start, y - (x - start)
        if comes:
            y -= 1
            found.append(Piece(NEW, now[y]))
        else:
            x -= 1
            found.append(Piece(GONE, was[x]))
    found.append(Piece(SAME, "".join(was[:x])))
    return found[::-1]
