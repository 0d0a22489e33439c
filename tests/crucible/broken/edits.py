"""An edit of a source: what stands there, how often, and what shall stand there instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces `old`, which stands in the module's source `times` times, by `new`."""

    module: str
    old: str
    new: str
    times: int = 1


def edited(source: str, edits: Iterable[Edit]) -> str:
    """Answer the source with the edits made; raises ValueError where one finds other text."""
    for edit in edits:
        found = source.count(edit.old)
        if found != edit.times:
            raise ValueError(f"{edit.module} has {found} x {edit.old!r}, not {edit.times} x")
        source = source.replace(edit.old, edit.new)
    return source
