"""What a gate answered, for a terminal and for programs."""

from __future__ import annotations

from io import StringIO
from typing import Any, Final

from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.regressions import report
from evalsite.regressions.models import Comparison
from evalsite.regressions.words import plain

WIDTH: Final = 100
_COLOURS: Final = {
    GateOutcome.PASSED: "green",
    GateOutcome.FAILED: "bold red",
    GateOutcome.NEEDS_REVIEW: "bold yellow",
}


def as_json(check: GateCheck) -> dict[str, Any]:
    """Answer it as plain JSON."""
    return {
        "id": str(check.pk),
        "name": check.gate_name,
        "version": check.gate_version,
        "outcome": check.outcome,
        "reasons": check.reasons,
        "spec": check.spec,
    }


def event(comparison: Comparison, check: GateCheck | None) -> dict[str, Any]:
    """Answer a comparison and what a gate answered about it, as a line for programs."""
    gate = None if check is None else as_json(check)
    return {"event": "comparison", **report.as_json(comparison), "gate": gate}


def as_text(check: GateCheck, *, colour: bool = False) -> str:
    """Answer the outcome and every rule, the width of a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    version = f" v{check.gate_version}" if check.gate_version else ""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for reason in check.reasons:
        outcome = GateOutcome(reason["outcome"])
        title = f"{reason['rule']} {reason['title']}"
        said = plain(reason["text"], limit=600)
        table.add_row(Text(outcome.label, _COLOURS[outcome]), Text(plain(title)), Text(said))
    page = StringIO()
    console = Console(file=page, highlight=False, force_terminal=colour, width=WIDTH)
    outcome = GateOutcome(check.outcome)
    console.print(Text(f"gate {check.gate_name}{version}: {outcome.label}", _COLOURS[outcome]))
    console.print(table)
    return page.getvalue().rstrip()
