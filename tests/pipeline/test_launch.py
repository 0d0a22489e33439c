"""Start, cancel, resume and retry."""

from __future__ import annotations

from decimal import Decimal

import pytest

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch, Chunk, Step
from evalsite.batches.plan import NothingSelected, RunNotReady
from evalsite.batches.steer import BatchNotFinished, BatchNotResumable, BatchNotRunning
from evalsite.cases.models import TestCase
from evalsite.cases.queries import Selection
from evalsite.pipeline import launch
from evalsite.pipeline.models import OutboxMessage
from evalsite.scoring.models import Scorecard
from evalsite.summaries.models import Summary
from evalsite.targets.models import Output
from evalsite.tenants.models import Tenant
from judges.protocol import VerdictError
from tests.factories import make_run, make_suite
from tests.pipeline.bench import deliver_all, deliver_chunks, launched, statuses, told


def test_a_launch_owes_the_broker_a_dispatch(as_acme: Tenant) -> None:
    batch = launched([told("passed")])
    message = OutboxMessage.objects.get()
    assert (message.task, message.key) == ("pipeline.dispatch", f"dispatch:{batch.pk}:1")


def test_the_manifest_is_frozen_into_the_batch(as_acme: Tenant) -> None:
    manifest = launched([told("passed")]).manifest
    assert manifest["pack"] == "lanes"
    assert [stage["name"] for stage in manifest["stages"]] == ["first", "second"]


def test_an_unknown_option_is_refused_before_anything_runs(as_acme: Tenant) -> None:
    with pytest.raises(VerdictError) as refused:
        launch.start(
            suite=make_suite(),
            run=make_run(),
            pack="exact",
            options={"judges": ["no_such_judge"]},
            selection=Selection(),
        )
    assert refused.value.code == "judge_unknown"
    assert not Batch.objects.exists()


def test_an_empty_selection_is_refused(as_acme: Tenant) -> None:
    with pytest.raises(NothingSelected):
        launched([told("passed")], selection=Selection(tags=("nothing",)))
    assert not Batch.objects.exists()


@pytest.mark.parametrize("status", ["pending", "failed", "dry_run"])
def test_a_run_that_is_not_ready_is_refused(status: str, as_acme: Tenant) -> None:
    with pytest.raises(RunNotReady, match=status):
        launch.start(
            suite=make_suite(),
            run=make_run(status=status),
            pack="exact",
            options={},
            selection=Selection(),
        )


def test_only_what_was_selected_is_scored(as_acme: Tenant) -> None:
    selection = Selection(keys=("case-001", "case-002"), limit=1)
    batch = deliver_all(launched([told("passed")] * 3, selection=selection))
    assert statuses(batch) == {"case-001": "passed"}
    assert batch.selection == {"keys": ["case-001", "case-002"], "limit": 1}


def test_a_cancelled_batch_scores_nothing_more(as_acme: Tenant) -> None:
    batch = launched([told("passed")])
    launch.cancel(batch.pk, actor="alice")
    assert deliver_chunks(batch) == 0
    assert statuses(batch) == {}
    assert Entry.objects.filter(action="batch.cancelled", actor="alice").exists()


def test_a_cancelled_batch_keeps_a_summary_of_what_is_there(as_acme: Tenant) -> None:
    batch = launched([told("failed"), told("failed")])
    deliver_chunks(batch)
    launch.cancel(batch.pk)
    assert Summary.objects.get(batch=batch, slice_kind="all").n == 2


def test_a_cancelled_batch_is_not_cancelled_twice(as_acme: Tenant) -> None:
    batch = launched([told("passed")])
    launch.cancel(batch.pk)
    with pytest.raises(BatchNotRunning):
        launch.cancel(batch.pk)


def test_a_resumed_batch_scores_what_is_left(as_acme: Tenant) -> None:
    batch = launched([told("passed")] * 30)
    launch.cancel(batch.pk)
    resumed = launch.resume(batch.pk)
    assert resumed.epoch == 2
    assert deliver_all(batch).state == "finished"
    assert Scorecard.objects.filter(batch=batch).count() == 30


def test_a_resume_does_not_score_finished_chunks_again(as_acme: Tenant) -> None:
    batch = launched([told("failed")] * 45)
    first, *_ = Chunk.objects.filter(step__batch=batch).order_by("number")
    from evalsite.pipeline.score import score_chunk

    score_chunk(first.pk, epoch=1, owner="test")
    before = set(Scorecard.objects.filter(batch=batch).values_list("scored_at", flat=True))
    launch.cancel(batch.pk)
    launch.resume(batch.pk)
    deliver_all(batch)
    first.refresh_from_db()
    assert first.attempt == 1
    assert before <= set(Scorecard.objects.filter(batch=batch).values_list("scored_at", flat=True))


def test_a_finished_batch_is_not_resumed(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("failed")]))
    with pytest.raises(BatchNotResumable):
        launch.resume(batch.pk)


def test_a_retry_scores_only_cases_without_a_verdict(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("failed"), None, "timed out"]))
    for case in TestCase.objects.filter(key__in=["case-001", "case-002"]):
        given = {"answer": told("passed"), "error": ""}
        Output.objects.update_or_create(run=batch.run, case=case, repetition=0, defaults=given)
    launch.retry_errored(batch.pk)
    assert list(statuses(deliver_all(batch)).values()) == ["failed", "passed", "passed"]
    rounds = Step.objects.filter(batch=batch, number=0).order_by("round")
    assert list(rounds.values_list("round", "n_cases")) == [(0, 3), (1, 2)]


def test_a_retry_may_have_another_cap(as_acme: Tenant) -> None:
    batch = deliver_all(launched([None]))
    assert launch.retry_errored(batch.pk, max_cost_usd=Decimal(3)).max_cost_usd == 3


def test_a_retry_writes_the_summary_anew(as_acme: Tenant) -> None:
    batch = deliver_all(launched([None]))
    case = TestCase.objects.get()
    Output.objects.create(run=batch.run, case=case, answer=told("passed"))
    launch.retry_errored(batch.pk)
    deliver_all(batch)
    whole = Summary.objects.get(batch=batch, slice_kind="all")
    assert (whole.n, whole.passed, whole.unscored) == (1, 1, 0)


def test_a_retry_needs_something_to_retry(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("failed")]))
    with pytest.raises(launch.NothingToRetry):
        launch.retry_errored(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "finished"


def test_a_retry_needs_a_finished_batch(as_acme: Tenant) -> None:
    with pytest.raises(BatchNotFinished):
        launch.retry_errored(launched([told("failed")]).pk)
