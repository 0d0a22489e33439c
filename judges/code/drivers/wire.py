"""Values as JSON that keeps what JSON has no form for: tuples, sets, bytes, keys that are no text.

A text, number, list, true, false and null are themselves. All else is an object of one key, its
kind. This text goes into the sandbox before each driver, so it stands alone.
"""

from __future__ import annotations

from _json import encode_basestring_ascii
from collections.abc import Iterable
from itertools import islice
from typing import Any

# All of `collections` would take longer to import than most programs run.
deque = __import__("_collections").deque

# Members of one set or dict: keys can be chosen so that each collides with all before it.
_MOST_MEMBERS = 20_000


class NotPlainError(TypeError):
    """A value of a kind that has no plain form."""


def encode(value: Any) -> Any:
    """Give the JSON of a value; a subclass of a plain kind becomes that kind.

    Raises NotPlainError, and RecursionError for what is nested without end.
    """
    if value is None or value is True or value is False:
        return value
    ancestors = type.__dict__["__mro__"].__get__(type(value))
    for kind, write in _WRITERS:
        if kind in ancestors:
            return write(value)
    raise NotPlainError(type.__dict__["__name__"].__get__(type(value)))


def encode_result(value: Any) -> Any:
    """Give the JSON of what a call gave: as encode, but an iterator is used up, a view copied.

    Raises as encode, and what the iterator raises.
    """
    kind = type(value)
    if kind in _VIEWS:
        return {"view": _few(_encode_all(islice(value, _MOST_MEMBERS + 1)))}
    if kind in _ITERATORS:
        return {"iterator": _few(_encode_all(islice(value, _MOST_MEMBERS + 1)))}
    return encode(value)


def decode(value: Any) -> Any:
    """Give the value of its JSON.

    Raises ValueError, TypeError, KeyError, AttributeError or RecursionError for any other JSON.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind in ("dict", "set", "frozenset") and len(content) > _MOST_MEMBERS:
        raise ValueError(f"{kind} of more than {_MOST_MEMBERS} members")
    return _READERS[kind](content)


def as_json(value: Any) -> str:
    """Write what encode gave as JSON text; the module json takes longer to import than a run."""
    if isinstance(value, list):
        return f"[{','.join([as_json(item) for item in value])}]"
    if isinstance(value, dict):
        pairs = [f"{as_json(key)}:{as_json(item)}" for key, item in value.items()]
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, str):
        return str(encode_basestring_ascii(value))
    return _CONSTANTS.get(repr(value)) or repr(value)


def _encode_all(items: Iterable[Any]) -> list[Any]:
    return [encode(item) for item in items]


def _few(members: list[Any]) -> list[Any]:
    if len(members) > _MOST_MEMBERS:
        raise NotPlainError(f"a set, dict or iterator of more than {_MOST_MEMBERS} members")
    return members


def _write_int(value: int) -> Any:
    number = int.__pos__(value)
    return number if -(2**63) <= number < 2**63 else {"int": int.__format__(number, "x")}


def _write_complex(value: complex) -> Any:
    number = complex.__pos__(value)
    return {"complex": [number.real, number.imag]}


_CONSTANTS = {
    "None": "null",
    "True": "true",
    "False": "false",
    "nan": "NaN",
    "inf": "Infinity",
    "-inf": "-Infinity",
}
# The methods are the kinds' own, so that a subclass cannot say otherwise.
_WRITERS: tuple[tuple[type, Any], ...] = (
    (int, _write_int),
    (float, float.__pos__),
    (str, lambda value: str.__add__("", value)),
    (list, lambda value: _encode_all(list.__iter__(value))),
    (tuple, lambda value: {"tuple": _encode_all(tuple.__iter__(value))}),
    (dict, lambda value: {"dict": _few([[encode(k), encode(v)] for k, v in dict.items(value)])}),
    (set, lambda value: {"set": _few(_encode_all(set.__iter__(value)))}),
    (frozenset, lambda value: {"frozenset": _few(_encode_all(frozenset.__iter__(value)))}),
    (bytes, lambda value: {"bytes": bytes.hex(value)}),
    (complex, _write_complex),
)
# What tests turn into a list; equal to none, so that no one takes it for one.
_ITERATORS = (type(_ for _ in ()), map, filter, zip, enumerate, reversed)
_VIEWS: tuple[type, ...] = (range, type({}.keys()), type({}.values()), type({}.items()))
_READERS: dict[str, Any] = {
    "int": lambda text: int(text, 16),
    "tuple": lambda items: tuple([decode(item) for item in items]),
    "dict": lambda items: {decode(key): decode(item) for key, item in items},
    "set": lambda items: {decode(item) for item in items},
    "frozenset": lambda items: frozenset([decode(item) for item in items]),
    "bytes": bytes.fromhex,
    "complex": lambda parts: complex(*parts),
    "iterator": lambda items: iter([decode(item) for item in items]),
    "view": lambda items: deque([decode(item) for item in items]),
}
