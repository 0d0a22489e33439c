"""Say in a few words how one answer differs from another: path by path, then word by word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final, NamedTuple

from evalsite.alerts.printable import printable
from evalsite.diffs.words import WORD, Piece, compare_parts

LONGEST: Final = 160
MOST_LINES: Final = 4
_MOST_WORDS: Final = 200
_CONTEXT: Final = 4
_GAP: Final = " … "


class Line(NamedTuple):
    """What differs at one place of an answer; the whole answer has no path."""

    path: str
    pieces: list[Piece]


class Leaf(NamedTuple):
    """A value at a path; `text` is None where the answer has nothing there."""

    path: str
    text: str | None


def diff(first: Any, second: Any) -> list[Line]:
    """Answer where two JSON values differ, at most MOST_LINES places, each shortened.

    Texts are put on one line, and what hides in them is shown. Equal values answer no line.
    """
    lines = []
    for path, was, now in _pairs(first, second):
        if was != now:
            lines.append(Line(printable(path, limit=60), _pieces(was, now)))
        if len(lines) == MOST_LINES:
            break
    return lines


def plain(lines: list[Line]) -> list[str]:
    """Write the lines for a reader without colours: [-gone-] and {+new+}."""
    marks = {"same": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    return [
        (f"{line.path}: " if line.path else "")
        + "".join(marks[piece.kind].format(piece.text) for piece in line.pieces)
        for line in lines
    ]


def _pairs(first: Any, second: Any) -> Iterator[tuple[str, str | None, str | None]]:
    """Each path of either value, in the first's order, with both sides' texts."""
    if not (_is_nested(first) and _is_nested(second)):
        yield "", _text(first), _text(second)
        return
    ours, theirs = dict(_leaves(first)), dict(_leaves(second))
    for path in dict.fromkeys((*ours, *theirs)):
        yield path, ours.get(path), theirs.get(path)


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _leaves(value: Any, *, path: str = "") -> Iterator[Leaf]:
    if not _is_nested(value):
        yield Leaf(path, _text(value))
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, part in items:
        yield from _leaves(part, path=f"{path}.{name}" if path else str(name))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _pieces(was: str | None, now: str | None) -> list[Piece]:
    if was is None or now is None:
        sides = (("gone", was), ("new", now))
        return [Piece(k, printable(t, limit=LONGEST)) for k, t in sides if t is not None]
    start = _common_start(was, now)
    return _clipped(list(_worded(_words(was[start:]), _words(now[start:]), cut=start > 0)))


def _common_start(was: str, now: str) -> int:
    """Where the texts part, a few words before: what is compared is of bounded length."""
    parts = next((i for i, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), None)
    if parts is None:
        parts = min(len(was), len(now))
    before = list(WORD.finditer(was, max(0, parts - LONGEST), parts))
    far = parts > LONGEST // 2 and len(before) > 2 * _CONTEXT
    return before[-2 * _CONTEXT].start() if far else 0


def _words(text: str) -> list[str]:
    found = (match.group() for match in WORD.finditer(text, 0, 8 * LONGEST))
    return [" " if word.isspace() else word for word in found][:_MOST_WORDS]


def _worded(was: list[str], now: list[str], *, cut: bool) -> Iterator[Piece]:
    """Word by word; where little is shared, whole against whole reads better."""
    if cut:
        yield Piece("same", "… ")
    yield from compare_parts(was, now, most=2 * _MOST_WORDS) or ()


def _clipped(pieces: list[Piece]) -> list[Piece]:
    """Shorten what is the same to its edges, and stop when the line is long enough."""
    merged = [
        Piece(kind, "".join(piece.text for piece in run))
        for kind, run in groupby(pieces, key=lambda piece: piece.kind)
    ]
    shown: list[Piece] = []
    room = 2 * LONGEST
    for place, piece in enumerate(merged):
        text = piece.text
        if piece.kind == "same":
            text = _edges(text, first=place == 0, last=place == len(merged) - 1)
        text = _kept(text, limit=min(room, LONGEST))
        shown.append(Piece(piece.kind, text))
        room -= len(text)
        if room < LONGEST // 8:
            return [*shown, Piece("same", " …")]
    return shown


def _kept(text: str, *, limit: int) -> str:
    """Make printable what is between its own blanks, which part it from its neighbours."""
    inner = printable(text, limit=max(limit, 2))
    head = " " if text[:1].isspace() else ""
    tail = " " if text[-1:].isspace() and text.strip() else ""
    return f"{head}{inner}{tail}"


def _edges(text: str, *, first: bool, last: bool) -> str:
    words = WORD.findall(text)
    if len(words) <= 4 * _CONTEXT:
        return text
    head = "" if first else "".join(words[: 2 * _CONTEXT])
    tail = "" if last else "".join(words[-2 * _CONTEXT :])
    return f"{head}{_GAP}{tail}"
