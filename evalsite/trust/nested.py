"""Reading a judge's options through and through: a jury's members have options of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def named(options: Any, key: str) -> Iterator[Any]:
    """Yield each value that stands under a key, at any depth."""
    if isinstance(options, Mapping):
        for name, inner in options.items():
            if name == key:
                yield inner
            yield from named(inner, key)
    elif isinstance(options, list | tuple):
        for inner in options:
            yield from named(inner, key)


def texts(options: Any) -> Iterator[str]:
    """Yield each text that stands anywhere for a value."""
    if isinstance(options, str):
        yield options
    elif isinstance(options, Mapping):
        yield from texts(list(options.values()))
    elif isinstance(options, list | tuple):
        for inner in options:
            yield from texts(inner)
