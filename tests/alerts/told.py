"""A regression with somebody to tell, as the pipeline leaves it."""

from __future__ import annotations

from typing import Any

from evalsite.cases.models import Suite
from evalsite.regressions.compare import compare
from evalsite.regressions.models import Comparison
from tests.factories import make_run, make_suite
from tests.summaries.filled import Card, make_filled

REASONS = (
    "search was called with city='Paris', expected city='Lyon'",
    "book_table was not called",
    "argument date is '2026-02-30', which is no date",
)


def make_fall(suite: Suite | None = None, *, reason: str = "", **case: Any) -> Comparison:
    """Compare 40 cases that passed with the same cases after 12 of them fell.

    `case` is what the first 20 of them are, tags for instance.
    """
    suite = suite or make_suite(name="assistant")
    keys = [f"case-{number:02}" for number in range(40)]
    before = make_run(client_type="web", client_version="1.0")
    now = make_run(client_type="web", client_version="1.1")
    make_filled(
        suite, [Card(key, case=case if i < 20 else {}) for i, key in enumerate(keys)], run=before
    )
    cards = [_fallen(key, i, reason) if i < 12 else Card(key) for i, key in enumerate(keys)]
    found = compare(make_filled(suite, cards, run=now))
    assert found is not None
    return found


def _fallen(key: str, number: int, reason: str) -> Card:
    why = {"logic": {"reason": reason or REASONS[number % len(REASONS)]}}
    return Card(key, "failed", number / 20, fields={"details": why})
