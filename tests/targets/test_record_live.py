"""Replies become outputs; an answer stays, an error may be replaced."""

from __future__ import annotations

import pytest

from evalsite.targets.connections.reply import Reply
from evalsite.targets.models import Output, Run
from evalsite.targets.record_live import Heard, record_live
from evalsite.tenants.models import Tenant
from tests.factories import make_revision, make_run

FIRST = Reply(output={"answer": "1"}, latency_ms=1.5, tokens_in=2, tokens_out=3, cost_usd=0.5)
FAILED = Reply(error="target_timeout: late")


@pytest.fixture
def live(as_acme: Tenant) -> Run:
    """A live run that is under way."""
    return make_run(status="running", eval_mode="live")


def hear(run: Run, *replies: Reply) -> list[tuple[object, str, float | None]]:
    """Record the replies to one new case, one after another; answers what is kept of it."""
    revision = make_revision()
    for reply in replies:
        record_live(run.pk, [Heard(str(revision.pk), 0, reply)])
    kept = Output.objects.filter(case=revision.case)
    return list(kept.values_list("answer", "error", "cost_usd"))


def test_a_reply_is_kept_with_what_it_took(live: Run) -> None:
    assert hear(live, FIRST) == [({"answer": "1"}, "", 0.5)]
    kept = Output.objects.get()
    assert (kept.latency_ms, kept.tokens_in, kept.tokens_out) == (1.5, 2, 3)


def test_an_answer_is_not_replaced(live: Run) -> None:
    assert hear(live, FIRST, Reply(output={"answer": "2"}), FAILED) == [({"answer": "1"}, "", 0.5)]


def test_an_error_is_replaced(live: Run) -> None:
    assert hear(live, FAILED) == [(None, "target_timeout: late", None)]
    assert hear(live, FAILED, FIRST) == [({"answer": "1"}, "", 0.5)]


def test_a_completed_run_keeps_what_it_has(as_acme: Tenant) -> None:
    assert hear(make_run(eval_mode="live"), FIRST) == []
