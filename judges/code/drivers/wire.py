"""Values as JSON that keeps what JSON has no form for: tuples, sets, bytes, keys that are no text.

A text, number, list, true, false and null are themselves. All else is an object of one key, its
kind. This text goes into the sandbox before each driver, so it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


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


def decode(value: Any) -> Any:
    """Give the value of its JSON.

    Raises ValueError, TypeError, KeyError, AttributeError or RecursionError for any other JSON.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    return _READERS[kind](content)


def _encode_all(items: Iterable[Any]) -> list[Any]:
    return [encode(item) for item in items]


def _write_int(value: int) -> Any:
    number = int.__pos__(value)
    return number if -(2**63) <= number < 2**63 else {"int": int.__format__(number, "x")}


def _write_complex(value: complex) -> Any:
    number = complex.__pos__(value)
    return {"complex": [number.real, number.imag]}


# The methods are the kinds' own, so that a subclass cannot say otherwise.
_WRITERS: tuple[tuple[type, Any], ...] = (
    (int, _write_int),
    (float, float.__pos__),
    (str, lambda value: str.__add__("", value)),
    (list, lambda value: _encode_all(list.__iter__(value))),
    (tuple, lambda value: {"tuple": _encode_all(tuple.__iter__(value))}),
    (dict, lambda value: {"dict": [[encode(k), encode(v)] for k, v in dict.items(value)]}),
    (set, lambda value: {"set": _encode_all(set.__iter__(value))}),
    (frozenset, lambda value: {"frozenset": _encode_all(frozenset.__iter__(value))}),
    (bytes, lambda value: {"bytes": bytes.hex(value)}),
    (complex, _write_complex),
)
_READERS: dict[str, Any] = {
    "int": lambda text: int(text, 16),
    "tuple": lambda items: tuple([decode(item) for item in items]),
    "dict": lambda items: {decode(key): decode(item) for key, item in items},
    "set": lambda items: {decode(item) for item in items},
    "frozenset": lambda items: frozenset([decode(item) for item in items]),
    "bytes": bytes.fromhex,
    "complex": lambda parts: complex(*parts),
}
