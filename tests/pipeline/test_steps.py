"""From step to step: gates, survivors, and the end of a batch."""

from __future__ import annotations

from evalsite.batches.models import Step
from evalsite.pipeline import finish
from evalsite.scoring.models import Scorecard
from evalsite.summaries.models import Summary
from evalsite.tenants.models import Tenant
from tests.pipeline.bench import deliver_all, deliver_chunks, launched, statuses, told


def test_a_batch_goes_through_its_steps(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("passed"), told("passed", "failed"), told("failed")]))
    assert batch.state == "finished"
    assert list(statuses(batch).values()) == ["passed", "failed", "failed"]


def test_only_survivors_of_a_gate_reach_the_next_step(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("passed"), told("failed"), told("failed")]))
    steps = Step.objects.filter(batch=batch).order_by("number")
    assert list(steps.values_list("lane", "n_cases")) == [("cpu", 3), ("sandbox", 1)]


def test_without_survivors_the_batch_ends_early(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("failed")]))
    assert batch.state == "finished"
    assert Step.objects.filter(batch=batch).count() == 1


def test_a_case_waits_openly_between_steps(as_acme: Tenant) -> None:
    batch = launched([told("passed")])
    deliver_chunks(batch)
    assert statuses(batch) == {"case-000": "open"}


def test_what_a_gate_stopped_is_skipped_not_missing(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("failed")]))
    card = Scorecard.objects.get(batch=batch)
    assert card.stages["second"] == {"status": "skipped", "score": None, "code": "gate_failed"}
    assert card.overall_score == 0


def test_both_steps_stand_on_one_scorecard(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("passed", "failed")]))
    card = Scorecard.objects.get(batch=batch)
    assert {name: stage["status"] for name, stage in card.stages.items()} == {
        "first": "passed",
        "second": "failed",
    }
    assert card.overall_score == 0.5


def test_a_crashing_judge_is_an_error_not_a_zero(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("crash"), told("passed")]))
    assert list(statuses(batch).values()) == ["errored", "passed"]
    card = Scorecard.objects.get(batch=batch, status="errored")
    assert card.overall_score is None
    assert "told to crash" in card.details["first"]["reason"]


def test_a_case_without_output_is_unscored(as_acme: Tenant) -> None:
    batch = deliver_all(launched([None, told("passed")]))
    card = Scorecard.objects.get(batch=batch, status="unscored")
    assert {stage["code"] for stage in card.stages.values()} == {"output_missing"}


def test_an_error_of_the_target_is_kept_with_its_reason(as_acme: Tenant) -> None:
    batch = deliver_all(launched(["timed out after 30 s"]))
    card = Scorecard.objects.get(batch=batch)
    assert card.status == "errored"
    assert card.stages["first"]["code"] == "target_error"
    assert card.details["first"]["reason"] == "timed out after 30 s"


def test_repetitions_are_scored_each(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("passed")], repetitions=3))
    cards = Scorecard.objects.filter(batch=batch).order_by("repetition")
    assert list(cards.values_list("repetition", "status")) == [
        (0, "passed"),
        (1, "unscored"),
        (2, "unscored"),
    ]


def test_a_finished_batch_has_its_summary(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("passed"), told("failed"), None]))
    whole = Summary.objects.get(batch=batch, slice_kind="all")
    assert (whole.n, whole.passed, whole.failed, whole.unscored) == (3, 1, 1, 1)
    assert batch.finished_at is not None


def test_one_finisher_is_elected(as_acme: Tenant) -> None:
    batch = launched([told("failed")])
    deliver_chunks(batch)
    step = Step.objects.get(batch=batch)
    assert [finish.finish_step(step.pk, by=by) for by in ("chord", "outbox")] == [True, False]
    step.refresh_from_db()
    assert step.finished_by == "chord"


def test_a_step_with_chunks_left_is_not_finished(as_acme: Tenant) -> None:
    step = Step.objects.get(batch=launched([told("passed")]))
    assert finish.finish_step(step.pk, by="chord") is False


def test_the_cost_of_a_case_is_measured(as_acme: Tenant) -> None:
    batch = deliver_all(launched([told("failed")] * 5))
    measured = Step.objects.get(batch=batch).case_ms
    assert measured is not None
    assert measured > 0


def test_a_worker_with_other_judges_scores_nothing(as_acme: Tenant) -> None:
    batch = launched([told("passed"), told("failed")])
    batch.manifest["pack_version"] = "0"
    batch.save(update_fields=["manifest"])
    assert deliver_all(batch).state == "finished"
    cards = Scorecard.objects.filter(batch=batch)
    assert {card.status for card in cards} == {"errored"}
    assert {card.details["batch"]["code"] for card in cards} == {"manifest_changed"}
    assert {card.overall_score for card in cards} == {None}
