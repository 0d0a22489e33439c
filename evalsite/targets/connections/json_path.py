"""Paths into JSON, such as `$.choices[0].text`: names, numbers, nothing that computes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

from evalsite.errors import EvalsiteError

_STEP: Final = re.compile(
    r"\.(?P<name>[^.\[\]?'\"\s]+)|\[(?P<place>\d{1,9})\]|\['(?P<quoted>[^']*)'\]"
)
_Steps = tuple[str | int, ...]


class NothingThere(EvalsiteError):
    """The value has nothing at the path."""

    code = "target_reply_invalid"
    hint = "compare the path with what the system answers"


def check_path(path: str) -> str:
    """Answer the path; raises ValueError where it is none."""
    steps_of(path)
    return path


def pick(value: Any, path: str) -> Any:
    """Answer what is at the path; raises NothingThere."""
    for step in steps_of(path):
        if isinstance(step, int):
            found = isinstance(value, list) and step < len(value)
        else:
            found = isinstance(value, dict) and step in value
        if not found:
            raise NothingThere(f"there is no {path.removesuffix('?')}")
        value = value[step]
    return value


def pick_fields(value: Any, paths: dict[str, str]) -> dict[str, Any]:
    """Answer the fields that the paths name; one that ends in ? may be absent.

    Raises NothingThere for the others.
    """
    fields: dict[str, Any] = {}
    for name, path in paths.items():
        try:
            fields[name] = pick(value, path)
        except NothingThere:
            if not path.endswith("?"):
                raise
    return fields


@lru_cache(maxsize=1024)
def steps_of(path: str) -> _Steps:
    """Answer the names and numbers of a path; raises ValueError where it is none."""
    if not path.startswith("$"):
        raise ValueError(f"{path!r:.80} does not begin with $")
    rest, steps = path[1:].removesuffix("?"), []
    while rest:
        found = _STEP.match(rest)
        if found is None:
            raise ValueError(f"{path!r:.80} is no path: $.name, [0] and ['a name'] are known")
        place = found["place"]
        steps.append(int(place) if place is not None else found["name"] or found["quoted"] or "")
        rest = rest[found.end() :]
    return tuple(steps)
