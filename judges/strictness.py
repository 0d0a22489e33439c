"""How strictly the values of tool calls are compared: the profiles strict, standard and bfcl."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, Protocol

from judges.bfcl import accepts as bfcl_accepts
from judges.equality import same_json
from judges.text import plain_words

ProfileName = Literal["strict", "standard", "bfcl"]

_ABSENT = object()


class Accepts(Protocol):
    """Tells whether a value is among the accepted ones of an argument with this schema."""

    def __call__(self, accepted: list[Any], value: Any, *, schema: Any, nested: bool) -> bool: ...


class Profile(NamedTuple):
    """One strictness: how values compare, and what the syntax stage asks beside the names."""

    accepts: Accepts
    types: bool
    whole_floats: bool
    defaults: bool


def fits(wanted: Any, given: Any, *, text: Callable[[str], Any], nested: bool) -> bool:
    """Tell whether a value is the wanted one, comparing texts by what `text` makes of them.

    With `nested`, each field of a wanted object is itself a list of accepted values.
    """
    if isinstance(wanted, str) and isinstance(given, str):
        return wanted == given or bool(text(wanted) == text(given))
    if isinstance(wanted, dict) and isinstance(given, dict):
        return _object_fits(wanted, given, text=text, nested=nested)
    if isinstance(wanted, list) and isinstance(given, list):
        return len(wanted) == len(given) and all(
            fits(a, b, text=text, nested=nested) for a, b in zip(wanted, given, strict=True)
        )
    return same_json(wanted, given)


def _object_fits(
    wanted: dict[str, Any], given: dict[str, Any], *, text: Callable[[str], Any], nested: bool
) -> bool:
    if not given.keys() <= wanted.keys():
        return False
    for key, options in wanted.items():
        value = given.get(key, _ABSENT)
        listed = options if nested and isinstance(options, list) else [options]
        if value is _ABSENT:
            if not (nested and "" in listed):
                return False
        elif not any(fits(option, value, text=text, nested=nested) for option in listed):
            return False
    return True


def _strict(accepted: list[Any], value: Any, *, schema: Any, nested: bool) -> bool:
    return any(fits(option, value, text=_as_is, nested=nested) for option in accepted)


def _standard(accepted: list[Any], value: Any, *, schema: Any, nested: bool) -> bool:
    return any(fits(option, value, text=_tidy, nested=nested) for option in accepted)


def _as_is(text: str) -> str:
    return text


def _tidy(text: str) -> Any:
    return plain_words(text) or re.sub(r"\s+", " ", text.strip())


PROFILES: dict[ProfileName, Profile] = {
    "strict": Profile(accepts=_strict, types=True, whole_floats=False, defaults=False),
    "standard": Profile(accepts=_standard, types=True, whole_floats=True, defaults=True),
    # The leaderboard checks a type together with the accepted values, so syntax leaves it alone.
    "bfcl": Profile(accepts=bfcl_accepts, types=False, whole_floats=False, defaults=False),
}
