"""A chunk of the model lane: flushed as it goes, handed back, and never judged twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.batches.lease import Claim, LeaseLost, claim_chunk
from evalsite.batches.models import Batch, Chunk, Step
from evalsite.batches.queries import progress
from evalsite.cases.models import TestCase
from evalsite.endpoints.models import Endpoint
from evalsite.pipeline import launch, score_model
from evalsite.scoring import interleave
from evalsite.scoring.answer import recorded
from evalsite.scoring.interleave import Outcome
from evalsite.scoring.models import Scorecard
from evalsite.scoring.write import Row
from evalsite.summaries.models import Summary
from evalsite.tenants.models import Tenant
from tests.factories import make_output
from tests.fake_model import FakeModel, Fault, fake_model
from tests.model_rows import make_price
from tests.pipeline.asking_pack import asks, does
from tests.pipeline.bench import deliver_all, deliver_chunks, launched, statuses


def asking(answers: list[Any], **options: Any) -> Batch:
    return launched(answers, pack="asking", **options)


def claimed(batch: Batch, *, round: int = 0) -> Claim:
    chunk = Chunk.objects.get(step__batch=batch, step__round=round)
    claim = claim_chunk(chunk.pk, epoch=batch.epoch, owner="w", seconds=30, attempts=5)
    assert claim is not None
    return claim


@pytest.fixture
def flush_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flush after every case."""
    monkeypatch.setattr(interleave, "FLUSH_CASES", 1)
    monkeypatch.setattr(interleave, "FLUSH_SECONDS", 0)
    monkeypatch.setattr(score_model, "widest", lambda: 1)


def test_a_chunk_is_judged_to_its_end(as_acme: Tenant) -> None:
    batch = deliver_all(asking([does("passed"), does("failed"), "timed out", None]))
    assert batch.state == "finished"
    assert list(statuses(batch).values()) == ["passed", "failed", "errored", "unscored"]


def test_what_was_flushed_is_not_judged_again(as_acme: Tenant, flush_each: None) -> None:
    batch = asking([does("passed")] * 5)
    claim = claimed(batch)
    score_model.score_model_chunk(claim)  # and the worker dies before its last write
    flushed = Scorecard.objects.filter(batch=batch).count()
    assert flushed >= 3
    assert progress(batch.pk).done == flushed
    Chunk.objects.filter(pk=claim.chunk_id).update(lease_until=timezone.now())
    assert len(list(recorded(claimed(batch)))) == 5 - flushed


def test_a_retry_judges_again_what_an_earlier_round_flushed(as_acme: Tenant) -> None:
    batch = deliver_all(asking([does("passed"), None]))
    launch.retry_errored(batch.pk)
    batch.refresh_from_db()
    claim = claimed(batch, round=1)
    assert len(list(recorded(claim))) == 1


def test_a_retry_that_was_flushed_is_not_repeated_in_its_round(
    as_acme: Tenant, flush_each: None
) -> None:
    batch = deliver_all(asking([None] * 5))
    launch.retry_errored(batch.pk)
    batch.refresh_from_db()
    claim = claimed(batch, round=1)
    score_model.score_model_chunk(claim)
    assert len(list(recorded(claim))) < 5


def test_a_flush_behind_the_fence_is_refused(as_acme: Tenant, flush_each: None) -> None:
    batch = asking([does("passed")] * 3)
    stale = claimed(batch)
    Chunk.objects.filter(step__batch=batch).update(attempt=2)
    with pytest.raises(LeaseLost):
        score_model.score_model_chunk(stale)
    assert statuses(batch) == {}


def test_a_halt_pauses_the_batch_and_keeps_what_is_judged(as_acme: Tenant) -> None:
    batch = asking([does("passed"), does("halt"), does("passed")])
    deliver_chunks(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.paused_code) == ("paused", "told_to_halt")
    assert statuses(batch) == {"case-000": "passed"}
    assert Summary.objects.get(batch=batch, slice_kind="all").n == 1
    assert Entry.objects.get(action="batch.paused").details == {"code": "told_to_halt"}


def test_a_halt_uses_up_no_attempt(as_acme: Tenant) -> None:
    batch = asking([does("halt")])
    deliver_chunks(batch)
    chunk = Chunk.objects.get(step__batch=batch)
    assert (chunk.state, chunk.attempt, chunk.wave, chunk.lease_until) == ("pending", 0, None, None)


def test_no_chunk_of_a_paused_batch_is_claimed(as_acme: Tenant) -> None:
    batch = asking([does("halt")])
    deliver_chunks(batch)
    assert deliver_chunks(batch) == 0


def test_a_resumed_batch_judges_only_what_is_left(as_acme: Tenant) -> None:
    batch = asking([does("passed"), does("halt")])
    deliver_chunks(batch)
    before = Scorecard.objects.get(batch=batch).scored_at
    launch.resume(batch.pk, actor="alice")
    batch.refresh_from_db()
    assert (batch.state, batch.paused_code, batch.epoch) == ("running", "", 2)
    deliver_chunks(batch)
    assert Scorecard.objects.get(batch=batch).scored_at == before


def test_many_workers_meet_the_wall_and_one_pauses(as_acme: Tenant) -> None:
    batch = asking([does("halt")] * 45)
    assert Step.objects.get(batch=batch).n_chunks > 1
    deliver_chunks(batch)
    assert Entry.objects.filter(action="batch.paused").count() == 1


def test_a_worker_still_writes_what_it_judged_when_the_batch_paused(as_acme: Tenant) -> None:
    batch = asking([does("passed")] * 3)
    claim = claimed(batch)
    Batch.objects.filter(pk=batch.pk).update(state="paused")
    outcome = score_model.score_model_chunk(claim)
    score_model.leave(claim, outcome, elapsed_ms=1)
    assert len(statuses(batch)) == 3
    assert Summary.objects.get(batch=batch, slice_kind="all").n == 3


def test_a_chunk_that_ends_when_the_batch_is_paused_keeps_its_verdicts(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = asking([does("passed")] * 3)
    judge = score_model.score_model_chunk

    def pausing(claim: Claim) -> Outcome[Row]:
        outcome = judge(claim)
        Batch.objects.filter(pk=batch.pk).update(state="paused")
        return outcome

    monkeypatch.setattr("evalsite.pipeline.score.score_model_chunk", pausing)
    deliver_chunks(batch)
    assert len(statuses(batch)) == 3
    assert Chunk.objects.get(step__batch=batch).state == "pending"


def test_a_paused_batch_can_be_cancelled(as_acme: Tenant) -> None:
    batch = asking([does("halt")])
    deliver_chunks(batch)
    assert launch.cancel(batch.pk).state == "cancelled"


@pytest.fixture
def fake(as_acme: Tenant, knobs: Callable[..., None]) -> Iterator[FakeModel]:
    """A model at the default endpoint; each token said costs a dollar."""
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    make_price(model="m", usd_in=0, usd_out=999_999)
    with fake_model("OK") as running:
        url = running.base_url
        Endpoint.objects.create(
            name="judges", base_url=url, is_default=True, default_model="m", parallel=1
        )
        yield running


def test_each_call_stands_beside_its_verdict(fake: FakeModel) -> None:
    batch = deliver_all(asking([asks("a b c")]))
    (call,) = Scorecard.objects.get(batch=batch).details["asked"]["details"]["calls"]
    assert (call["model"], call["tokens_in"], call["tokens_out"]) == ("m", 3, 1)
    assert call["cost_usd"] == pytest.approx(1, rel=1e-5)
    assert call["latency_ms"] > 0
    assert (batch.n_calls, round(batch.spent_usd), batch.booked_usd) == (1, 1, 0)


def test_a_second_batch_asks_nothing(fake: FakeModel) -> None:
    answers = [asks("a"), asks("b")]
    deliver_all(asking(answers))
    batch = deliver_all(asking(answers))
    assert len(fake.calls) == 2
    assert (batch.n_calls, batch.n_cached, batch.spent_usd) == (0, 2, 0)
    assert set(statuses(batch).values()) == {"passed"}


def test_without_the_cache_a_second_batch_asks(fake: FakeModel) -> None:
    deliver_all(asking([asks("a")]))
    deliver_all(asking([asks("a")], use_cache=False))
    assert len(fake.calls) == 2


def test_repetitions_are_asked_each(fake: FakeModel) -> None:
    batch = asking([asks("a")], repetitions=3)
    case = TestCase.objects.get()
    for repetition in (1, 2):
        make_output(run=batch.run, case=case, repetition=repetition, answer=asks("a"))
    deliver_all(batch)
    assert len(fake.calls) == 3


def test_a_retry_asks_anew(fake: FakeModel) -> None:
    fake.say = Fault(status=400)
    batch = deliver_all(asking([asks("a")]))
    assert statuses(batch) == {"case-000": "errored"}
    fake.say = "OK"
    launch.retry_errored(batch.pk)
    assert statuses(deliver_all(batch)) == {"case-000": "passed"}


def test_at_the_cap_the_batch_pauses_and_a_higher_one_lets_it_go_on(fake: FakeModel) -> None:
    answers = [asks(f"text {n}") for n in range(5)]
    batch = asking(answers, max_cost_usd=Decimal(12))
    deliver_chunks(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.paused_code) == ("paused", "money_cap")
    assert round(batch.spent_usd) == batch.n_calls == len(statuses(batch)) == 3
    launch.resume(batch.pk, max_cost_usd=Decimal(30))
    batch.refresh_from_db()
    assert deliver_all(batch).state == "finished"
    assert len(fake.calls) == batch.n_calls == 5


def test_a_nul_in_a_reply_costs_no_case(fake: FakeModel) -> None:
    fake.say = Fault(status=400, body="a NUL: \0")
    batch = deliver_all(asking([asks("a"), does("passed")]))
    assert list(statuses(batch).values()) == ["errored", "passed"]
