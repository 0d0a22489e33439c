"""The one place where any failure of code we did not write becomes a value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, NamedTuple, ParamSpec, TypeVar

from judges.protocol import VerdictError

P = ParamSpec("P")
T = TypeVar("T")


class Crash(NamedTuple):
    """What went wrong inside a plug-in, as a code and a reason that fit in a row."""

    code: str
    reason: str


def attempt(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Crash:
    """Call a plug-in and give what it gives, or the Crash that it ended in."""
    try:
        return call(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; it becomes a row
        return _crash(error)


def guarded(judge: Callable[..., T]) -> Callable[..., T | Crash]:
    """Have a judge of cases give the Crash that it ends in; a third of the time of `attempt`."""

    def judged(expected: Any, output: Any, *, input: Any) -> T | Crash:
        try:
            return judge(expected, output, input=input)
        except Exception as error:  # noqa: BLE001 - as above
            return _crash(error)

    return judged


async def attempt_later(given: Awaitable[T]) -> T | Crash:
    """Wait for what a plug-in promised, or give the Crash that it ended in."""
    try:
        return await given
    except Exception as error:  # noqa: BLE001 - as above
        return _crash(error)


def settle(given: T | Awaitable[T] | Crash) -> T | Crash:
    """Wait for what was promised in an event loop of its own; other values are given back."""
    return asyncio.run(attempt_later(given)) if isawaitable(given) else given


def _crash(error: Exception) -> Crash:
    if isinstance(error, VerdictError):
        return Crash(error.code, error.message)
    return Crash("plugin_crashed", f"{type(error).__name__}: {error}"[:500])
