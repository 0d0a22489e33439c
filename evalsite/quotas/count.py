"""Count what a tenant has. The rooms that keep it come later, so their tables go by label."""

from __future__ import annotations

from typing import Final

from django.apps import apps

CASES: Final = "cases.TestCase"
BATCHES: Final = "batches.Batch"
OUTPUTS: Final = "targets.Output"
SCORECARDS: Final = "scoring.Scorecard"
IN_FLIGHT: Final = ("running", "paused")


def count(label: str) -> int:
    """Answer how many rows of a model the tenant in scope has."""
    return int(apps.get_model(label)._default_manager.count())


def count_in_flight() -> int:
    """Answer how many batches run or are paused."""
    batches = apps.get_model(BATCHES)._default_manager
    return int(batches.filter(state__in=IN_FLIGHT).count())
