"""Comparing what a call gave with the JSON that was expected, by strict types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from judges.code.answers import shown_plain

_NUMBERS = (int, float)


def difference(expected: Any, value: Any, *, tolerance: float | None = None) -> str:
    """Say where a value is not the expected JSON; nothing where it is.

    true is not 1, and 1 is not 1.0. With a tolerance (0 will do) a number is any number that is no
    further away. A tuple counts as a list; NaN equals nothing.
    """
    return next(_Comparison(tolerance).differences(expected, value), "")


class _Comparison:
    def __init__(self, tolerance: float | None) -> None:
        self._tolerance = tolerance

    def differences(self, expected: Any, value: Any) -> Iterator[str]:
        """Yield each place where the two differ."""
        if isinstance(expected, list) and isinstance(value, list | tuple):
            yield from self._of_lists(expected, list(value))
        elif isinstance(expected, dict) and isinstance(value, dict):
            yield from self._of_dicts(expected, value)
        elif not self._same(expected, value):
            yield f"expected {shown_plain(expected)}, got {shown_plain(value)}"

    def _of_lists(self, expected: list[Any], value: list[Any]) -> Iterator[str]:
        if len(expected) != len(value):
            yield f"expected {len(expected)} elements, got {len(value)}: {shown_plain(value)}"
            return
        for place, pair in enumerate(zip(expected, value, strict=True)):
            yield from (f"[{place}]: {text}" for text in self.differences(*pair))

    def _of_dicts(self, expected: dict[str, Any], value: dict[Any, Any]) -> Iterator[str]:
        # A key 1 is no key "1", and JSON has texts for keys only.
        for key in (*expected, *value):
            if key not in expected or key not in value:
                yield f"{'missing' if key in expected else 'unexpected'} key {shown_plain(key)}"
                return
        for key, one in expected.items():
            yield from (
                f"[{shown_plain(key)}]: {text}" for text in self.differences(one, value[key])
            )

    def _same(self, expected: Any, value: Any) -> bool:
        loose = self._tolerance is not None and type(expected) in _NUMBERS
        if loose and type(value) in _NUMBERS:
            return _near(expected, value, tolerance=self._tolerance or 0.0)
        return type(expected) is type(value) and bool(expected == value)


def _near(one: float, other: float, *, tolerance: float) -> bool:
    if one == other:  # integers of any size, exactly
        return True
    try:
        return abs(one - other) <= tolerance
    except OverflowError:
        return False
