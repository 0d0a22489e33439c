"""Calling a program in a process that knows no expected value, and reading what it answers."""

from __future__ import annotations

import builtins
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from judges.code.drivers.wire import decode
from judges.code.program import Program, drive, ending, not_run
from judges.sandbox.outcome import Outcome

_LONGEST_SHOWN = 80
_READY = {"ready": True}
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError)
_BUILTIN_ERRORS = {
    name: {kind.__name__ for kind in error.__mro__}
    for name, error in vars(builtins).items()
    if isinstance(error, type) and issubclass(error, BaseException)
}
# What the standard library's classes of exceptions derive from at most.
_MOST_KINDS = 2

Call = tuple[Sequence[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """The value that a call gave; or, where code is not empty, why it gave none."""

    value: Any = None
    code: str = ""
    reason: str = ""
    raised: tuple[str, ...] = ()


_UNREADABLE_ANSWER = Answer(code="tampered", reason="an answer that cannot be read")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a case does not hold."""

    code: str
    reason: str


def ask(program: Program, calls: Sequence[Call], *, use_up: bool = False) -> list[Answer]:
    """Make the calls one after another in one sandboxed process; one answer for each.

    use_up: a generator, range or the like that a call gives is used up there; here it is one again.

    Raises JudgeError: `sandbox_unavailable`, and `program_not_run` where it did not come to run.
    """
    task = {
        "program": program.text,
        "setup": program.setup,
        "entry_point": program.entry_point,
        "use_up": use_up,
        "calls": [(list(args), dict(kwargs)) for args, kwargs in calls],
    }
    outcome = drive("calls", task, limits=program.limits)
    ready, *lines = outcome.channel.split(b"\n")
    if _json(ready) != _READY:
        raise not_run(outcome)
    return _paired(lines[:-1], len(calls), outcome=outcome)


def shown_plain(value: Any) -> str:
    """Show a plain value as Python writes it, cut short; it holds no unprintable character."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return "a value too large to show"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def read_failure(line: bytes) -> Failure:
    """Read what a driver told of an exception; it may be anything."""
    told = _json(line)
    answer = _raised(told) if isinstance(told, dict) else _UNREADABLE_ANSWER
    if answer.raised[:1] == ("AssertionError",):
        return Failure("assertion_failed", answer.reason)
    return Failure("not_plain" if "NotPlainError" in answer.raised else answer.code, answer.reason)


def _paired(lines: list[bytes], wanted: int, *, outcome: Outcome) -> list[Answer]:
    if len(lines) > wanted:
        return [Answer(code="tampered", reason="it gave more answers than calls")] * wanted
    told = [_json(line) for line in lines]
    if len(told) == 1 and isinstance(told[0], dict) and "load" in told[0]:
        return [_answer(told[0]["load"])] * wanted
    why = ending(outcome)
    missing = wanted - len(told)
    return [*map(_answer, told), *[Answer(code=why.code, reason=why.reason)] * missing]


def _answer(told: Any) -> Answer:
    """Read one line; the program could write there too, so it may be anything."""
    if isinstance(told, dict) and "value" in told:
        try:
            return Answer(decode(told["value"]))
        except RecursionError:
            return Answer(code="not_plain", reason="a value nested too deeply")
        except _UNREADABLE:
            return _UNREADABLE_ANSWER
    if isinstance(told, dict) and isinstance(told.get("refused"), str):
        return Answer(code="not_plain", reason=f"a value of type {shown_plain(told['refused'])}")
    return _raised(told) if isinstance(told, dict) else _UNREADABLE_ANSWER


def _raised(told: dict[str, Any]) -> Answer:
    names, text, line = (told.get(key) for key in ("raised", "text", "line"))
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        return _UNREADABLE_ANSWER
    if _kinds(names) > _MOST_KINDS:
        return Answer(code="tampered", reason="an exception that is of every kind at once")
    where = f" in line {line}" if isinstance(line, int) else ""
    name = shown_plain(names[0])[1:-1]
    return Answer(
        code={"SystemExit": "exited_early", "MemoryError": "out_of_memory"}.get(names[0], "raised"),
        reason=f"{name}{where}: {shown_plain(text)}",
        raised=tuple(names),
    )


def _kinds(names: list[str]) -> int:
    """Count the builtin exceptions of an ancestry that are no ancestors of one another."""
    found = set(names) & _BUILTIN_ERRORS.keys()
    above = [_BUILTIN_ERRORS[name] - {name} for name in found]
    return len(found.difference(*above))


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
