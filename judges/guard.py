"""The one place where any failure of code we did not write becomes a value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from judges.protocol import VerdictError

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Crash:
    """What went wrong inside a plug-in, as a code and a reason that fit in a row."""

    code: str
    reason: str


def attempt(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Crash:
    """Call a plug-in and give what it gives, or the Crash that it ended in."""
    try:
        return call(*args, **kwargs)
    except VerdictError as error:
        return Crash(error.code, error.message)
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it becomes a row
        return Crash("plugin_crashed", f"{type(error).__name__}: {error}"[:500])
