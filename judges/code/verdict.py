"""From what became of each case to one score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from judges.code.answers import Failure
from judges.protocol import PASS, Score
from judges.sandbox.tiers import describe

Strength = Literal["separate_process", "same_process"]

_MOST_TOLD = 5


def verdict(outcomes: Sequence[Failure | None], *, strength: Strength) -> Score:
    """Score the cases: the value is the share that held; it passes only if all did."""
    failures = [(place, failure) for place, failure in enumerate(outcomes) if failure]
    held = len(outcomes) - len(failures)
    details: dict[str, Any] = {
        "verdict_strength": strength,
        "sandbox": describe(),
        "cases": len(outcomes),
        "held": held,
    }
    if not failures:
        return Score(1.0, True, PASS.reason, details)
    details["failures"] = [
        {"case": place, "code": failure.code, "reason": failure.reason}
        for place, failure in failures[:_MOST_TOLD]
    ]
    place, first = failures[0]
    where = f"case {place}: " if len(outcomes) > 1 else ""
    return Score(held / len(outcomes), False, f"{where}{first.reason}", details, first.code)
