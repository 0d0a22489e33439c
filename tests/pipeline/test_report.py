"""A batch's report tells its comparison with the baseline."""

from __future__ import annotations

import json
from typing import Any

from evalsite.cases.models import Suite
from evalsite.pipeline.report import as_text, json_of
from evalsite.regressions.compare import compare
from evalsite.summaries.summarize import summarize
from evalsite.tenants.models import Tenant
from tests.factories import make_suite
from tests.summaries.filled import Card, make_filled


def reported(suite: Suite) -> tuple[str, dict[str, Any]]:
    cards = [Card(f"case-{i:02}") for i in range(20)]
    make_filled(suite, cards)
    batch = make_filled(suite, [card._replace(status="failed") for card in cards])
    summarize(batch)
    compare(batch)
    return as_text(batch), json.loads("".join(json_of(batch)))


def test_a_batch_tells_its_comparison(as_acme: Tenant) -> None:
    text, found = reported(make_suite())
    assert "Regressed against run-" in text
    assert found["comparison"]["headline"]["effect"] == -1.0
