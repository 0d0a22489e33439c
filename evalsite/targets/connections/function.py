"""Ask a Python function of the worker itself: for library mode and trusted workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from inspect import isawaitable
from typing import Any

from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.targets.connections.kinds import CallableConnection
from evalsite.targets.connections.reply import Given, Stopwatch
from packs.protocol import Pack


class CallableRefused(EvalsiteError):
    """A Python function may not be asked here, or is none."""

    code = "callable_refused"
    hint = "the operator allows it with CALLABLE_TARGETS=true; the path is module:function"
    exit_code = 2
    http_status = 422


async def ask(connection: CallableConnection, input: Any, *, pack: Pack, reach: object) -> Given:
    """Call the function with the case's input; one that is not async runs in a thread.

    Raises CallableRefused, and what the function raises.
    """
    function = find_function(connection.path)
    watch = Stopwatch()
    output = await asyncio.to_thread(function, input)
    output = await output if isawaitable(output) else output
    return Given(output=output, latency_ms=watch.ms())


def find_function(path: str) -> Callable[[Any], Any]:
    """Answer the function `module:function`; raises CallableRefused."""
    if not load().callable_targets:
        raise CallableRefused(f"{path} may not be called: CALLABLE_TARGETS is off")
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name, None)
    except ImportError as error:
        raise CallableRefused(f"{path}: {error}") from None
    if not callable(found):
        raise CallableRefused(f"{path} is no function")
    function: Callable[[Any], Any] = found
    return function
