"""Show a case to a person: indented JSON, and what one revision changed of the one before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import unified_diff
from typing import Any, Final, NamedTuple

from evalsite.cases.models import Content, Revision

# What an editor does not show, or shows somewhere else: written as JSON escapes instead.
_UNSEEN = re.compile(r"[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_JSON: Final = ("input", "expected", "metadata")
_PLAIN: Final = ("state", "tags", "category", "subcategory", "complexity")
_KINDS: Final = {"+": "added", "-": "removed"}
_CONTEXT: Final = 3


class DiffLine(NamedTuple):
    """A line that was added, removed, or stands near one that was."""

    kind: str
    text: str


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


def parts(value: Any) -> list[Part]:
    """Answer a JSON value to be read: an object's members one by one, texts as they are."""
    if not isinstance(value, dict):
        return [_part("", value)]
    return [_part(in_sight(name), item) for name, item in value.items()]


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
            yield Difference(field, [DiffLine("removed", was), DiffLine("added", now)])
    for field in _JSON:
        was, now = pretty(getattr(before, field)), pretty(getattr(after, field))
        if was != now:
            yield Difference(field, list(_lines(was.splitlines(), now.splitlines())))


def _lines(was: list[str], now: list[str]) -> Iterator[DiffLine]:
    for line in list(unified_diff(was, now, n=_CONTEXT, lineterm=""))[2:]:
        if not line.startswith("@"):
            yield DiffLine(_KINDS.get(line[:1], "near"), line[1:])
        elif not line.startswith("@@ -1,"):
            yield DiffLine("near", "…")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(value) or "none"
    return "none" if value in ("", None) else str(value)
