"""Answers calls with plain values, a line each, and judges nothing: it knows no expected value."""

from __future__ import annotations

import posix
from collections.abc import Callable
from typing import Any

from judges.code.drivers.loading import attempt, failure, new_module, run_in, take_task
from judges.code.drivers.wire import NotPlainError, as_json, encode, encode_result


def main() -> None:
    """Read the task from standard input, load the program and answer the calls in order."""
    task = take_task()
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
        write = encode_result if task["use_up"] else encode
        for call in task["calls"]:
            tell(_answer(function, call, write=write))
    posix._exit(0)


def _teller(channel: int) -> Callable[[Any], None]:
    def tell(line: Any) -> None:
        rest = as_json(line).encode() + b"\n"
        while rest:
            rest = rest[posix.write(channel, rest) :]

    return tell


def _answer(function: Any, call: Any, *, write: Callable[[Any], Any]) -> dict[str, Any]:
    args, kwargs = call
    told: list[dict[str, Any]] = []
    error = attempt(lambda: told.append({"value": write(function(*args, **kwargs))}))
    if isinstance(error, NotPlainError):
        return {"refused": str(error)}
    return failure(error) if error else told[0]
