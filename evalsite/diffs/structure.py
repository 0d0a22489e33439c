"""How one JSON value becomes another: which members and elements are gone, new or changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

GONE: Final = "gone"
NEW: Final = "new"
CHANGED: Final = "changed"
# What is deeper is compared as a whole.
DEEPEST: Final = 64
# Stands in a list where only the other side has an element.
ABSENT: Final = object()


class Change(NamedTuple):
    """What differs at one place; what is gone has no `now`, and what is new no `was`."""

    path: tuple[str | int, ...]
    kind: str
    was: Any
    now: Any

    @property
    def place(self) -> str:
        """The path as it is written: calls[0].arguments.city; blank for the whole value."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".")


def compare_values(was: Any, now: Any, *, most: int = 1_000) -> list[Change]:
    """Answer where two JSON values differ, in the first's order; no more than `most` places.

    Lists are compared place by place: who wants their order ignored brings them in line before.
    """
    return list(islice(_changes(was, now, path=()), most))


def is_same(was: Any, now: Any) -> bool:
    """Answer whether two JSON values are one: true is no 1, but 1.0 is."""
    return next(_changes(was, now, path=()), None) is None


def as_text(value: Any) -> str:
    """Write a value on one line; a text stands for itself."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _changes(was: Any, now: Any, *, path: tuple[str | int, ...]) -> Iterator[Change]:
    if was is ABSENT:
        yield Change(path, NEW, None, now)
    elif now is ABSENT:
        yield Change(path, GONE, was, None)
    elif len(path) < DEEPEST and isinstance(was, dict) and isinstance(now, dict):
        for name in dict.fromkeys((*was, *now)):
            sides = was.get(name, ABSENT), now.get(name, ABSENT)
            yield from _changes(*sides, path=(*path, name))
    elif len(path) < DEEPEST and isinstance(was, list) and isinstance(now, list):
        for place in range(max(len(was), len(now))):
            yield from _changes(_at(was, place), _at(now, place), path=(*path, place))
    elif _differ(was, now):
        yield Change(path, CHANGED, was, now)


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else ABSENT


def _differ(was: Any, now: Any) -> bool:
    return isinstance(was, bool) != isinstance(now, bool) or bool(was != now)
