"""What stopping a batch early saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evalsite.experiments.models import Arm


def savings(arm: Arm | None) -> dict[str, Any]:
    """Answer the cases, US dollars and seconds that were not spent; nothing if it ran through.

    Money and time are what the settled cases took, times those left: an estimate.
    """
    if arm is None or not arm.settled or arm.settled_at is None or not arm.n_seen:
        return {}
    batch = arm.batch
    left = max(0, batch.n_cases - arm.n_seen)
    seconds = (arm.settled_at - batch.created_at).total_seconds()
    return {
        "cases": left,
        "of": batch.n_cases,
        "looks": arm.n_looks,
        "usd": float(batch.spent_usd) / arm.n_seen * left,
        "seconds": max(0.0, seconds) / arm.n_seen * left,
    }


def savings_in_words(saved: Mapping[str, Any]) -> str:
    """Say what stopping early saved, for people; nothing for nothing."""
    if not saved:
        return ""
    run = saved["of"] - saved["cases"]
    told = f"settled after {run} of {saved['of']} cases, in {saved['looks']} looks"
    money = f", {saved['usd']:.2g} USD" if saved["usd"] else ""
    return f"{told}; saved {saved['cases']} cases, about {saved['seconds']:.0f} s{money}"
