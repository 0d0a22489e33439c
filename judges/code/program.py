"""A program under judgement, and one run of it with a driver in the sandbox."""

from __future__ import annotations
import __future__

import marshal
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from judges.protocol import JudgeError
from judges.sandbox.limits import Limits
from judges.sandbox.outcome import Outcome
from judges.sandbox.run import CHANNEL_FD, run

_DRIVERS = Path(__file__).with_name("drivers")
_PARTS = {
    "calls": ("wire", "loading", "calls"),
    "tests": ("wire", "loading", "trusted", "watch", "tests"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The text to be judged, the function of it that is called, and what runs before it."""

    text: str
    entry_point: str = ""
    setup: str = ""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run gave no more: a code and a reason."""

    code: str
    reason: str


def drive(driver: str, task: dict[str, Any], *, limits: Limits) -> Outcome:
    """Run one of the drivers on a task, which it reads from its standard input.

    Raises JudgeError: `sandbox_unavailable`; `tests_invalid` for arguments nested without end.
    """
    try:
        stdin = marshal.dumps({**task, "channel": CHANNEL_FD})
    except ValueError as error:
        raise JudgeError(f"The calls cannot be sent: {error}.", code="tests_invalid") from error
    return run(_code(driver), stdin=stdin, limits=limits)


def ending(outcome: Outcome) -> Ending:
    """Tell why a process that should have gone on did not."""
    if outcome.ended == "timed_out":
        return Ending("timed_out", "it ran longer than it may")
    if outcome.ended == "exited":
        return Ending("exited_early", f"it ended its process with exit code {outcome.exit_code}")
    if outcome.ended == "killed":
        return Ending("killed", f"its process was ended by signal {outcome.signal}")
    return Ending("wrote_too_much", "it wrote more than it may")


def not_run(outcome: Outcome) -> JudgeError:
    """Give the error of a program that never got to run, by no fault of its own."""
    last = outcome.stderr.strip().splitlines()[-1:]
    why = ending(outcome).reason
    return JudgeError(
        f"The program was not run: {': '.join([why, *last])}"[:300].replace("\0", ""),
        code="program_not_run",
        hint="Look at the setup of the case and at the limits.",
    )


@cache
def _code(driver: str) -> CodeType:
    """Put a driver together; compiled here, once: the interpreter inside is of this version."""
    text = "\n".join([*map(_text, _PARTS[driver]), "main()"])
    flags = __future__.annotations.compiler_flag
    code: CodeType = compile(text, "<driver>", "exec", flags, dont_inherit=True, optimize=0)
    return code


def _text(name: str) -> str:
    lines = (_DRIVERS / f"{name}.py").read_text(encoding="utf-8").splitlines()
    # Annotations are not evaluated there, and what they name would take longer than the rest.
    left_out = (
        *("from __future__", "from judges.", "from typing", "from collections.abc", "from types"),
    )
    return "\n".join(line for line in lines if not line.startswith(left_out))
