"""Running a whole program on a text and comparing what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from judges.code.answers import Failure, shown_plain
from judges.code.program import Program, ending
from judges.sandbox.run import run


def check_texts(program: Program, pairs: Sequence[dict[str, Any]]) -> list[Failure | None]:
    """Run the program once for each stdin; a text matches but for blanks at the ends of lines.

    Raises JudgeError: `sandbox_unavailable`.
    """
    return [_check(program, pair) for pair in pairs]


def _check(program: Program, pair: dict[str, Any]) -> Failure | None:
    source = f"{program.setup}\n{program.text}" if program.setup else program.text
    stdin = str(pair.get("stdin", "")).encode(errors="surrogatepass")
    outcome = run(source, stdin=stdin, limits=program.limits)
    if outcome.ended != "exited":
        why = ending(outcome)
        return Failure(why.code, why.reason)
    if outcome.exit_code:
        last = (outcome.stderr.strip().splitlines() or [f"exit code {outcome.exit_code}"])[-1]
        return Failure("raised", shown_plain(last))
    expected, given = _lines(str(pair.get("stdout", ""))), _lines(outcome.stdout)
    if expected == given:
        return None
    pairs = enumerate(zip([*expected, None], [*given, None], strict=False), start=1)
    number, (one, other) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    return Failure("differs", f"line {number}: expected {_shown(one)}, got {_shown(other)}")


def _lines(text: str) -> list[str]:
    """Split into lines without blanks at their ends, nor empty lines at the text's end."""
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _shown(line: str | None) -> str:
    return "the end" if line is None else shown_plain(line)
