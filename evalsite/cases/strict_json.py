"""Read JSON that every later reader can read too: PostgreSQL, Python and a browser.

One row that PostgreSQL takes but Python cannot read back breaks every later read, so such values
are refused at the door. The fast road is orjson plus cheap measures; a text that any measure
finds odd goes the slow road, which decides exactly and says what is wrong.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

import orjson

from evalsite.errors import EvalsiteError

MAX_DEPTH: Final = 64
INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
# From here on every float is whole, and jsonb gives it back without a point: keep it as an int.
_WHOLE: Final = 1e16

_PAIR = re.compile(rb'"[ \t\r\n]*:')
_NUL_ESCAPE: Final = b"\\u0000"
# Possessive, and content without an end: linear on any input.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_SURROGATE = re.compile("[\ud800-\udfff]")


_HINTS: Final = {
    "json_invalid": "write one complete JSON value",
    "byte_order_mark": "save the text as UTF-8 without a byte order mark",
    "not_utf8": "save the text as UTF-8",
    "nul_character": "leave NUL characters out: PostgreSQL cannot keep them",
    "lone_surrogate": "write the whole character, or both halves of its escape",
    "integer_too_large": "write it as a string, or as a float with a point",
    "number_not_finite": "write null or a string instead",
    "too_deep": "flatten the value",
    "duplicate_member": "keep one of the two members",
}

_UNREADABLE: Final = {"json_invalid", "byte_order_mark", "not_utf8", "duplicate_member"}


class JsonRefused(EvalsiteError):
    """A text is not JSON, or is JSON that could not be stored and read back unchanged."""

    code = "json_invalid"
    http_status = 422


class JsonUnreadable(JsonRefused):
    """A text is not JSON, or is JSON that two readers would read differently."""

    http_status = 400


def parse(data: bytes) -> Any:
    """Answer the value of a JSON text; raises JsonRefused with a code that says why not."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _parse_exactly(data)
    if (
        _NUL_ESCAPE in data
        or (pairs := _count_pairs(value)) < 0
        or pairs != len(_PAIR.findall(data))
    ):
        return _parse_exactly(data)
    return value


def dump(value: Any) -> str:
    """Answer the JSON text of a value that `parse` or `check` accepted."""
    return orjson.dumps(value).decode()


def check(value: Any) -> Any:
    """Answer a Python value as `parse` would have answered its text; raises JsonRefused."""
    try:
        text = json.dumps(value, ensure_ascii=False)
        data = text.encode()
    except UnicodeEncodeError:
        _refuse("lone_surrogate", "a string holds half of a surrogate pair")
    except RecursionError:
        _refuse_depth()
    except (TypeError, ValueError) as error:
        _refuse("json_invalid", f"not JSON: {error}")
    return parse(data)


def _count_pairs(value: Any) -> int:
    """Count the members of all objects, level by level; -1 if a measure finds something odd."""
    pairs, depth, level = 0, 0, [value]
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return -1
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                pairs += len(item)
                below.extend(item.values())
            elif kind is list:
                below.extend(item)
            elif kind in (int, float) and (not item or not -_WHOLE < item < _WHOLE) and _odd(item):
                return -1
        level = below
    return pairs


def _odd(number: float) -> bool:
    """Tell a number beyond the whole ones, and -0.0, which jsonb does not know."""
    return bool(number) or math.copysign(1, number) < 0


def _parse_exactly(data: bytes) -> Any:
    text = decode(data)
    _check_depth(text)
    try:
        value = json.loads(
            text,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        _refuse("json_invalid", f"not JSON: {error.msg}, at character {error.pos + 1}")
    _check_strings(value)
    return value


def decode(data: bytes) -> str:
    """Answer the text of UTF-8 bytes; raises JsonRefused for any other encoding and for NUL."""
    if data.startswith(b"\xef\xbb\xbf"):
        _refuse("byte_order_mark", "the text begins with a byte order mark")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:2]:
        _refuse("not_utf8", "the text is UTF-16 or UTF-32, not UTF-8")
    if b"\x00" in data:
        _refuse("nul_character", "the text holds the NUL character")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        _refuse("not_utf8", f"byte {error.start} is not UTF-8")


def _check_depth(text: str) -> None:
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            _refuse_depth()


def _integer(digits: str) -> int:
    number = int(digits) if len(digits) <= 20 else INT_MAX + 1
    if not INT_MIN <= number <= INT_MAX:
        _refuse("integer_too_large", f"{digits[:24]} does not fit 64 bits")
    return number


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        _refuse("number_not_finite", f"{digits[:24]} is beyond what a float holds")
    return int(number) if _WHOLE <= abs(number) < INT_MAX else number + 0.0


def _constant(name: str) -> NoReturn:
    _refuse("number_not_finite", f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in pairs:
        if name in made:
            _refuse("duplicate_member", f"the member {name[:80]!r} stands twice in one object")
        made[name] = value
    return made


def _check_strings(value: Any) -> None:
    level = [value]
    while level:
        item = level.pop()
        if isinstance(item, str):
            check_text(item)
        elif isinstance(item, dict):
            level += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            level += item


def check_text(text: str) -> str:
    """Answer a string that PostgreSQL can keep; raises JsonRefused for NUL and half surrogates."""
    if "\x00" in text:
        _refuse("nul_character", "a string holds the NUL character")
    if _SURROGATE.search(text):
        _refuse("lone_surrogate", "a string holds half of a surrogate pair")
    return text


def _refuse_depth() -> NoReturn:
    _refuse("too_deep", f"nested deeper than {MAX_DEPTH} levels")


def _refuse(code: str, message: str) -> NoReturn:
    kind = JsonUnreadable if code in _UNREADABLE else JsonRefused
    raise kind(message, code=code, hint=_HINTS[code])
