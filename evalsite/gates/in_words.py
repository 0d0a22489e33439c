"""What a gate answered, for a terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from evalsite.gates.models import GateCheck, GateOutcome
from evalsite.regressions import report
from evalsite.regressions.models import Comparison
from evalsite.regressions.words import plain
from evalsite.terminal import page

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
    return page(_parts(check), colour=colour)


def _parts(check: GateCheck) -> Iterator[Any]:
    from rich.table import Table
    from rich.text import Text

    outcome = GateOutcome(check.outcome)
    version = f" v{check.gate_version}" if check.gate_version else ""
    yield Text(f"gate {check.gate_name}{version}: {outcome.label}", _COLOURS[outcome])
    rules = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for reason in check.reasons:
        outcome = GateOutcome(reason["outcome"])
        title = f"{reason['rule']} {reason['title']}"
        said = plain(reason["text"], limit=600)
        rules.add_row(Text(outcome.label, _COLOURS[outcome]), Text(plain(title)), Text(said))
    yield rules
