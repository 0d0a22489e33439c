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
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def changes(revisions: list[Revision]) -> list[Change]:
    """Answer revisions, given newest first, each with what it changed of the next."""
    older: list[Revision | None] = [*revisions[1:], None]
    return [
        Change(newer, list(_differences(before, newer)) if before else [])
        for newer, before in zip(revisions, older, strict=True)
    ]


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
