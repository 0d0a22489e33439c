"""Show a case to a person: indented JSON, and what one revision changed of the one before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import groupby
from typing import Any, Final, NamedTuple

from evalsite.cases.models import Content, Revision
from evalsite.diffs.words import GONE, NEW, SAME, Piece, compare_texts

# What an editor does not show, or shows somewhere else: written as JSON escapes instead.
_UNSEEN = re.compile(r"[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_JSON: Final = ("input", "expected", "metadata")
_PLAIN: Final = ("state", "tags", "category", "subcategory", "complexity")
_KINDS: Final = {"+": "added", "-": "removed"}
_CONTEXT: Final = 3
_NEAR: Final = 200


class DiffLine(NamedTuple):
    """A line that was added, removed, or stands near one that was.

    Where a line became another, `pieces` cut its text into what stayed and what did not.
    """

    kind: str
    text: str
    pieces: tuple[Piece, ...] = ()


class Difference(NamedTuple):
    """What a revision changed in one field."""

    field: str
    lines: list[DiffLine]


class Part(NamedTuple):
    """A member of a JSON object: a text as it stands, or JSON."""

    name: str
    text: str
    is_text: bool


class Change(NamedTuple):
    """A revision and what it changed; the first one changed nothing."""

    revision: Revision
    differences: list[Difference]

    @property
    def span(self) -> str:
        """Name the suite versions in which the case stood so."""
        first, after = self.revision.from_version, self.revision.until_version
        if after is None:
            return f"version {first} and on"
        return f"version {first}" if after == first + 1 else f"versions {first} to {after - 1}"


def pretty(value: Any) -> str:
    """Answer a JSON value as indented text that reads back as the same value."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return in_sight(text)


def in_sight(text: str) -> str:
    """Answer a text with what would hide or turn in it written as JSON escapes."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def in_short(value: Any, *, limit: int = 120) -> str:
    """Answer a case's input in one line: its first text, or its JSON."""
    texts = value.values() if isinstance(value, dict) else ()
    first = next((text for text in texts if isinstance(text, str) and text.strip()), None)
    text = " ".join((json.dumps(value, ensure_ascii=False) if first is None else first).split())
    return in_sight(text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…")


def parts(value: Any, *, first: Sequence[str] = ()) -> list[Part]:
    """Answer a JSON value to be read: an object's members one by one, texts as they are.

    Members named in `first` come before the others: PostgreSQL keeps no order of its own.
    """
    if not isinstance(value, dict):
        return [_part("", value)]
    names = dict.fromkeys([*(name for name in first if name in value), *value])
    return [_part(in_sight(name), value[name]) for name in names]


def changes(revisions: list[Revision]) -> list[Change]:
    """Answer revisions, given newest first, each with what it changed of the next."""
    older: list[Revision | None] = [*revisions[1:], None]
    return [
        Change(newer, list(_differences(before, newer)) if before else [])
        for newer, before in zip(revisions, older, strict=True)
    ]


def _part(name: str, value: Any) -> Part:
    if isinstance(value, str):
        return Part(name, in_sight(value), is_text=True)
    return Part(name, pretty(value), is_text=False)


def _differences(before: Content, after: Content) -> Iterator[Difference]:
    for field in _PLAIN:
        was, now = _shown(getattr(before, field)), _shown(getattr(after, field))
        if was != now:
            yield Difference(field, _worded([DiffLine("removed", was), DiffLine("added", now)]))
    for field in _JSON:
        was, now = pretty(getattr(before, field)), pretty(getattr(after, field))
        if was != now:
            lines = list(_lines(was.splitlines(), now.splitlines()))
            yield Difference(field, _worded(lines))


def _lines(was: list[str], now: list[str]) -> Iterator[DiffLine]:
    for line in list(unified_diff(was, now, n=_CONTEXT, lineterm=""))[2:]:
        if not line.startswith("@"):
            kind = _KINDS.get(line[:1], "near")
            yield DiffLine(kind, line[1:] if kind != "near" else _clipped(line[1:]))
        elif not line.startswith("@@ -1,"):
            yield DiffLine("near", "…")


def _worded(lines: list[DiffLine]) -> list[DiffLine]:
    """Mark the words in lines that became others: so many removed ones, and as many added after."""
    shown: list[DiffLine] = []
    runs = [(kind, list(run)) for kind, run in groupby(lines, key=lambda line: line.kind)]
    for place, (kind, run) in enumerate(runs):
        other = runs[place + 1] if place + 1 < len(runs) else ("", [])
        before = runs[place - 1] if place else ("", [])
        if (kind, other[0], len(run)) == ("removed", "added", len(other[1])):
            run = [_marked(a, was=a, now=b) for a, b in zip(run, other[1], strict=True)]
        elif (kind, before[0], len(run)) == ("added", "removed", len(before[1])):
            run = [_marked(b, was=a, now=b) for a, b in zip(before[1], run, strict=True)]
        shown += run
    return shown


def _marked(line: DiffLine, *, was: DiffLine, now: DiffLine) -> DiffLine:
    own = (SAME, GONE if line is was else NEW)
    pieces = tuple(p for p in compare_texts(was.text, now.text) if p.kind in own)
    alike = any(piece.kind == SAME and piece.text.strip() for piece in pieces)
    return line._replace(pieces=pieces) if alike and len(pieces) > 1 else line


def _clipped(text: str) -> str:
    """Shorten a line that only stands near a change."""
    return text if len(text) <= _NEAR else f"{text[:_NEAR]}…"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(value) or "none"
    return "none" if value in ("", None) else str(value)
