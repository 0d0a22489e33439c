"""What a command is told to hold a batch against, and where it puts the answer."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from evalsite.batches.models import Batch
from evalsite.gates.check import Held, check
from evalsite.gates.job_page import as_markdown
from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.gates.place import require_writable, whole_file
from evalsite.gates.queries import resolve_gate
from evalsite.regressions.models import Comparison

EXIT_CODES: Final = {
    GateOutcome.PASSED: 0,
    GateOutcome.FAILED: 3,
    GateOutcome.NEEDS_REVIEW: 4,
}


class Demand(NamedTuple):
    """A gate or none, and the files that are wanted."""

    held: Held | None = None
    junit: Path | None = None
    summary: Path | None = None

    def __bool__(self) -> bool:
        """Say whether anything is wanted."""
        return any((self.held, self.junit, self.summary))


def declare(parser: ArgumentParser) -> None:
    """Declare the arguments that `read` takes."""
    group = parser.add_argument_group("is it better?")
    group.add_argument(
        "--baseline", metavar="TEXT",
        help="a batch id, previous, pinned, version:V or commit:C; the one due without it",
    )  # fmt: skip
    group.add_argument("--gate", metavar="NAME|FILE", help="what it must show, else exit 3 or 4")
    group.add_argument("--junit", metavar="FILE", help="write JUnit XML")
    group.add_argument("--summary", metavar="FILE", help="write a Markdown page for a CI job")


def read(options: Mapping[str, Any], *, before_batch: bool = False) -> Demand:
    """Answer what the options demand, before anything is done for it.

    Raises GateUnknown, GateUnreadable, GateInvalid, FileUnwritable.
    """
    named = options["gate"]
    return Demand(
        held=resolve_gate(named, before_batch=before_batch) if named else None,
        junit=_place(options["junit"]),
        summary=_place(options["summary"]),
    )


def answer(
    demand: Demand, batch: Batch, *, comparison: Comparison | None, actor: str = ""
) -> GateCheck | None:
    """Hold the comparison against the gate, and write the files; None without either."""
    checked = None
    if demand.held and comparison:
        checked = check(demand.held, comparison, actor=actor)
    if demand.junit:
        from evalsite.gates.junit import write_junit

        with whole_file(demand.junit) as file:
            write_junit(file, batch, check=checked)
    if demand.summary:
        with whole_file(demand.summary) as file:
            file.write(as_markdown(batch, comparison, check=checked).encode())
    return checked


def _place(name: str | None) -> Path | None:
    return require_writable(Path(name)) if name else None
