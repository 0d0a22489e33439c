"""Answers calls with plain values, a line each, and judges nothing: it knows no expected value."""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable
from typing import Any

from judges.code.drivers.loading import attempt, failure, new_module, run_in
from judges.code.drivers.wire import NotPlainError, as_json, encode


def main() -> None:
    """Read the task from standard input, load the program and answer the calls in order."""
    task = marshal.loads(sys.stdin.buffer.read())
    tell = _teller(task["channel"])
    module = new_module("candidate")
    run_in(module, task["setup"])
    tell({"ready": True})
    error = attempt(lambda: run_in(module, task["program"]))
    error = error or attempt(lambda: module.__dict__[task["entry_point"]])
    if error:
        tell({"load": failure(error)})
    else:
        function = module.__dict__[task["entry_point"]]
        for call in task["calls"]:
            tell(_answer(function, call))
    os._exit(0)


def _teller(channel: int) -> Callable[[Any], None]:
    def tell(line: Any) -> None:
        rest = as_json(line).encode() + b"\n"
        while rest:
            rest = rest[os.write(channel, rest) :]

    return tell


def _answer(function: Any, call: Any) -> dict[str, Any]:
    args, kwargs = call
    told: list[dict[str, Any]] = []
    error = attempt(lambda: told.append({"value": encode(function(*args, **kwargs))}))
    if isinstance(error, NotPlainError):
        return {"refused": str(error)}
    return failure(error) if error else told[0]
