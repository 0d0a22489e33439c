"""Why cases of a batch have no verdict."""

from __future__ import annotations

from typing import Any

from evalsite.pipeline.report import as_text
from evalsite.scoring.models import Scorecard
from evalsite.scoring.queries import Missing, missing
from evalsite.tenants.models import Tenant
from tests.factories import make_batch, make_scorecard, make_summary


def card(code: str, *, reason: str, **fields: Any) -> Scorecard:
    stage = {"status": "errored", "score": None, "code": code}
    given = {"status": "errored", "overall_score": None, "overall_passed": None}
    stages = {"logic": stage, "syntax": stage}
    details = {name: {"reason": reason} for name in stages}
    return make_scorecard(**{**given, "stages": stages, "details": details, **fields})


def test_each_case_counts_once_for_a_code(as_acme: Tenant) -> None:
    batch = make_batch()
    card("model_timeout", reason="too slow", batch=batch)
    card("target_error", reason="boom [500]", batch=batch)
    card("target_error", reason="boom [500]", batch=batch)
    make_scorecard(batch=batch)
    card("other_batch", reason="")
    found = [Missing("target_error", 2, "boom [500]"), Missing("model_timeout", 1, "too slow")]
    assert missing(batch.pk) == found
    make_summary(batch=batch, n=4, errored=3)
    assert "target_error in 2 of them: boom [500]" in as_text(batch)


def test_a_case_that_was_written_off_has_its_code_too(as_acme: Tenant) -> None:
    written_off = {"batch": {"code": "worker_crashed"}}
    card("", reason="", stages={}, details=written_off, batch=(batch := make_batch()))
    assert missing(batch.pk) == [Missing("worker_crashed", 1, "")]
