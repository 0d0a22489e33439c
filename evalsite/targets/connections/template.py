"""Fill `{{input.question}}` into JSON: places to fill, and no code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import orjson

from evalsite.targets.connections.json_path import pick, steps_of

T = TypeVar("T")

_PLACE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_ROOT: Final = "input"


def check_template(template: T) -> T:
    """Answer the template; raises ValueError where a place names nothing of the input."""
    if isinstance(template, str):
        for place in _PLACE.findall(template):
            _path(place)
        if "{{" in _PLACE.sub("", template):
            raise ValueError("{{ without }}")
    elif isinstance(template, dict):
        for value in template.values():
            check_template(value)
    elif isinstance(template, list):
        for value in template:
            check_template(value)
    return template


def fill(template: Any, input: Any) -> Any:
    """Answer the template with its places filled; raises NothingThere for what a case lacks.

    A text that is one place becomes the value itself, whatever it is. A place inside a text
    becomes text: what is no text is written as JSON. Names of members are left as they are.
    """
    if isinstance(template, str):
        whole = _PLACE.fullmatch(template)
        return pick(input, _path(whole[1])) if whole else fill_text(template, input)
    if isinstance(template, dict):
        return {name: fill(value, input) for name, value in template.items()}
    if isinstance(template, list):
        return [fill(value, input) for value in template]
    return template


def fill_text(template: str, input: Any, *, quote: Callable[[str], str] = str) -> str:
    """Answer the text with its places filled, each through `quote`; raises NothingThere."""
    return _PLACE.sub(lambda place: quote(_text(pick(input, _path(place[1])))), template)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _path(place: str) -> str:
    """Answer the path of a place: `input.a[0]` is `$.a[0]`."""
    name = place.strip()
    path = "$" + name.removeprefix(_ROOT)
    if not name.startswith(_ROOT) or name.endswith("?"):
        raise ValueError(f"{{{{{place}}}}} does not begin with input")
    steps_of(path)
    return path
