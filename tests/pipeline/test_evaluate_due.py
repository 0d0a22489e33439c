"""A run that is completed starts its target's evaluations, and what cannot start is told once."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.cases.queries import Selection
from evalsite.cases.read_selection import read_selection
from evalsite.errors import EvalsiteError
from evalsite.gates.models import GateCheck
from evalsite.pipeline.coordinate import tenants_with_work, tick
from evalsite.pipeline.evaluate import evaluate
from evalsite.pipeline.evaluate_due import evaluations_of, start_due
from evalsite.pipeline.models import Evaluation, EvaluationRequest, OutboxMessage
from evalsite.pipeline.set_evaluation import set_evaluation
from evalsite.pipeline.sweep import sweep
from evalsite.targets.complete import complete_run
from evalsite.targets.models import Output, Run
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_evaluation, make_gate, make_output, make_run, make_suite
from tests.pipeline.bench import told
from tests.pipeline.completed import wanted


def completed(**fields: object) -> tuple[Run, Evaluation]:
    """A run that has just been completed, with an evaluation due."""
    run, evaluation = wanted([told("passed")], status="pending")
    Evaluation.objects.filter(pk=evaluation.pk).update(**fields)
    complete_run(run)
    return run, evaluation


def test_a_completed_run_is_evaluated_by_the_sweep(as_acme: Tenant) -> None:
    run, evaluation = completed()
    assert sweep()["evaluated"] == 1
    batch = Batch.objects.get()
    assert (batch.run_id, batch.suite_id) == (run.pk, evaluation.suite_id)
    assert EvaluationRequest.objects.get().batch_id == batch.pk


def test_sweeping_again_starts_nothing_more(as_acme: Tenant) -> None:
    completed()
    assert [sweep()["evaluated"] for _ in range(3)] == [1, 0, 0]
    assert Batch.objects.count() == 1


def test_each_evaluation_of_the_target_starts(as_acme: Tenant) -> None:
    run, first = wanted([told("passed")], status="pending")
    _, second = wanted([told("passed")])
    make_evaluation(target=run.target, suite=second.suite)
    make_evaluation(suite=second.suite)  # of another target
    complete_run(run)
    start_due()
    assert set(Batch.objects.values_list("suite", flat=True)) == {first.suite_id, second.suite_id}


def test_the_coordinator_hears_of_a_due_run(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        completed()
        OutboxMessage.objects.all().delete()  # as if the broker had lost it
    assert tenants_with_work() == [acme.pk]
    tick()
    with tenant(acme.pk):
        assert Batch.objects.count() == 1


def test_the_completion_rings_at_once(as_acme: Tenant) -> None:
    completed()
    assert OutboxMessage.objects.get().task == "pipeline.start_evaluations"


def test_without_an_evaluation_nothing_is_owed(as_acme: Tenant) -> None:
    complete_run(make_run(status="pending"))
    assert not OutboxMessage.objects.exists()


def test_a_completion_that_is_undone_leaves_no_request(as_acme: Tenant) -> None:
    with transaction.atomic():
        completed()
        transaction.set_rollback(True)
    assert not EvaluationRequest.objects.exists()


def test_completing_again_asks_for_nothing_more(as_acme: Tenant) -> None:
    run, _ = completed()
    start_due()
    complete_run(run)
    assert EvaluationRequest.objects.get().state == "started"


def test_an_evaluation_made_later_is_not_due_to_old_runs(as_acme: Tenant) -> None:
    run, _ = wanted([told("passed")])
    assert complete_run(run) is False
    assert start_due() == 0


def test_an_inactive_evaluation_starts_nothing(as_acme: Tenant) -> None:
    completed(is_active=False)
    assert not EvaluationRequest.objects.exists()


def test_one_switched_off_meanwhile_is_refused(as_acme: Tenant) -> None:
    completed()
    Evaluation.objects.update(is_active=False)
    assert start_due() == 0
    assert EvaluationRequest.objects.get().code == "evaluation_inactive"


@pytest.fixture
def refused(as_acme: Tenant) -> EvaluationRequest:
    """A request that had no case to score."""
    completed()
    Evaluation.objects.update(selection={"tags": ["nothing"]})
    start_due()
    return EvaluationRequest.objects.get()


def test_what_cannot_start_is_told_once(refused: EvaluationRequest) -> None:
    assert (refused.state, refused.code) == ("refused", "nothing_selected")
    assert "no active case" in refused.reason
    assert [start_due(), start_due()] == [0, 0]
    entry = Entry.objects.get(action="evaluation.refused")
    assert entry.details["code"] == "nothing_selected"
    OutboxMessage.objects.all().delete()
    assert tenants_with_work() == []


def test_a_refused_one_is_due_again_when_its_evaluation_is_set(refused: EvaluationRequest) -> None:
    evaluation = Evaluation.objects.get()
    evaluation.selection = {}
    set_evaluation(evaluation, actor="alice")
    assert start_due() == 1
    refused.refresh_from_db()
    assert (refused.state, refused.code) == ("started", "")


def test_a_refused_one_is_settled_by_who_asks(refused: EvaluationRequest) -> None:
    evaluation = Evaluation.objects.get()
    evaluation.selection = {}
    batch = evaluate(refused.run, evaluation)
    refused.refresh_from_db()
    assert (refused.state, refused.batch_id) == ("started", batch.pk)


def test_a_pack_that_is_gone_stops_no_other_request(as_acme: Tenant) -> None:
    run, _ = wanted([told("passed")], status="pending")
    make_evaluation(target=run.target, suite=make_suite(pack="gone"))
    complete_run(run)
    assert start_due() == 1
    states = EvaluationRequest.objects.values_list("state", "code")
    assert set(states) == {("started", ""), ("refused", "pack_unknown")}


def gated(gate: str) -> Batch:
    """The second batch of a target whose evaluation names a gate."""
    run, evaluation = wanted([told("passed")])
    evaluate(run, evaluation, wait=True)
    Evaluation.objects.filter(pk=evaluation.pk).update(gate=gate)
    second = make_run(target=run.target)
    for output in Output.objects.filter(run=run):
        make_output(run=second, case=output.case, answer=told("failed"))
    return evaluate(second, evaluation, wait=True)


def test_a_gate_that_is_named_is_asked(as_acme: Tenant) -> None:
    gate = make_gate()
    batch = gated(gate.name)
    check = GateCheck.objects.select_related("comparison").get()
    assert (check.gate, check.comparison.batch_id) == (gate, batch.pk)


def test_a_gate_that_is_gone_stops_no_batch(as_acme: Tenant) -> None:
    assert gated("gone").state == "finished"
    assert Entry.objects.get(action="evaluation.gate_refused").details["code"] == "gate_unknown"


def test_a_gate_of_another_suite_is_not_set(as_acme: Tenant) -> None:
    _, evaluation = wanted([told("passed")])
    evaluation.gate = make_gate(suite=make_suite()).name
    with pytest.raises(EvalsiteError) as refused:
        set_evaluation(evaluation)
    assert refused.value.code == "gate_unfit"


@pytest.mark.parametrize(
    "kept", [["x"], {"tag": ["x"]}, {"limit": 0}, {"limit": "many"}, {"tags": 1}, {"seed": None}]
)
def test_a_selection_that_cannot_be_read_is_not_set(kept: object, as_acme: Tenant) -> None:
    _, evaluation = wanted([told("passed")])
    evaluation.selection = kept
    with pytest.raises(EvalsiteError) as refused:
        set_evaluation(evaluation)
    assert refused.value.code == "selection_invalid"


def test_a_selection_comes_back_as_it_was_kept() -> None:
    given = Selection(tags=("a", "b"), keys=("k",), sample=3, seed=7, limit=2)
    assert read_selection(given.as_json()) == given
    assert read_selection(Selection().as_json()) == Selection()


def test_a_pack_that_breaks_is_refused_like_any_other(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(options: object) -> None:
        raise ZeroDivisionError("a slip in a plug-in")

    completed()
    monkeypatch.setattr("tests.pipeline.lanes_pack.PACK.stages", broken)
    assert sweep()["evaluated"] == 0
    refused = EvaluationRequest.objects.get()
    assert (refused.state, refused.code) == ("refused", "plugin_crashed")


def test_what_the_database_refuses_holds_up_no_other(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, _), (second, _) = completed(), completed()

    def refusing(run: Run, evaluation: Evaluation, *, actor: str) -> Batch:
        if run == first:
            connection.cursor().execute("SELECT 1 / 0")
        return evaluate(run, evaluation, actor=actor)

    monkeypatch.setattr("evalsite.pipeline.evaluate_due.evaluate", refusing)
    assert start_due() == 1
    states = dict(EvaluationRequest.objects.values_list("run", "state"))
    assert states == {first.pk: "refused", second.pk: "started"}


def test_evaluations_are_found_by_suite(as_acme: Tenant) -> None:
    run, evaluation = completed()
    assert evaluations_of(run, suite=evaluation.suite.name) == [evaluation]
