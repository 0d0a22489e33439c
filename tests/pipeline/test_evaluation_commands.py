"""`setevaluation`, `completerun`, `evaluaterun`, and the admin of evaluations."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.pipeline.models import Evaluation, EvaluationRequest
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.factories import make_evaluation_request, make_suite, make_target
from tests.pipeline.bench import told
from tests.pipeline.completed import filled, wanted
from tests.tenant_rows import make_membership

pytestmark = [
    pytest.mark.usefixtures("as_acme"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


def run_command(*arguments: str) -> list[dict[str, Any]]:
    """Run a command with --json; answers what it printed."""
    out = io.StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=io.StringIO())
    return [json.loads(line) for line in out.getvalue().splitlines()]


def set_it(*more: str) -> Evaluation:
    make_target(name="t")
    make_suite(name="s", pack="exact")
    run_command("setevaluation", "--target=t", "--suite=s", *more)
    return Evaluation.objects.get()


def test_an_evaluation_is_set_with_all_that_is_said() -> None:
    made = set_it(
        "--judge=normalised", "--tag=smoke", "--limit=5", "--repetitions=2", "--max-cost=3"
    )
    assert made.options == {"judges": ["normalised"]}
    assert made.selection == {"tags": ["smoke"], "limit": 5}
    assert (made.repetitions, made.is_active) == (2, True)
    assert made.max_cost_usd == 3


def test_setting_again_replaces() -> None:
    set_it("--limit=5")
    run_command("setevaluation", "--target=t", "--suite=s", "--off")
    again = Evaluation.objects.get()
    assert (again.selection, again.is_active) == ({}, False)


def test_another_name_is_another_evaluation() -> None:
    set_it()
    run_command("setevaluation", "--target=t", "--suite=s", "--name=nightly")
    assert Evaluation.objects.count() == 2


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("--target=nobody", "target_unknown"),
        ("--judge=nonsense", "judge_unknown"),
        ("--gate=none", "gate_unknown"),
        ("--name=not a slug", "evaluation_invalid"),
        ("--option=x", "option_malformed"),
    ],
)
def test_what_cannot_work_is_not_set(argument: str, code: str) -> None:
    with pytest.raises(CommandError, match=code) as refused:
        set_it(argument)
    assert refused.value.returncode == 2
    assert not Evaluation.objects.exists()


def test_a_run_is_completed_and_evaluated() -> None:
    run, _ = wanted([told("passed")], status="pending")
    completed, evaluation = run_command("completerun", run.name, "--evaluate")
    assert (completed["event"], completed["new"]) == ("completed", True)
    assert (evaluation["state"], evaluation["batch"]) == ("started", str(Batch.objects.get().pk))


def test_a_run_that_is_only_completed_is_due() -> None:
    run, _ = wanted([told("passed")], status="pending")
    _, evaluation = run_command("completerun", run.name)
    assert (evaluation["state"], evaluation["batch"]) == ("due", None)


def test_a_completed_run_may_be_completed_again() -> None:
    run, _ = wanted([told("passed")])
    assert run_command("completerun", run.name)[0]["new"] is False


def test_evaluaterun_says_the_same_batch_twice() -> None:
    run, _ = wanted([told("passed")])
    assert run_command("evaluaterun", run.name) == run_command("evaluaterun", run.name)
    assert EvaluationRequest.objects.get().batch == Batch.objects.get()


def test_evaluaterun_waits_and_reports() -> None:
    run, evaluation = wanted([told("passed"), told("failed")])
    (report,) = run_command("evaluaterun", run.name, "--wait", f"--suite={evaluation.suite.name}")
    whole = next(row for row in report["summaries"] if row["slice_kind"] == "all")
    assert (report["state"], whole["n"], whole["passed"]) == ("finished", 2, 1)


def test_waiting_for_what_has_no_verdict_ends_with_4() -> None:
    run, _ = wanted([told("unscored")])
    with pytest.raises(SystemExit) as ended:
        run_command("evaluaterun", run.name, "--wait")
    assert ended.value.code == 4


def test_another_judge_settles_no_request() -> None:
    run, _ = wanted([{"answer": "4"}], pack="exact")
    run_command("evaluaterun", run.name, "--judge=normalised")
    assert not EvaluationRequest.objects.exists()


@pytest.mark.parametrize(
    ("more", "code"), [("--suite=other", "evaluation_unknown"), ("--judge=x", "judge_not")]
)
def test_evaluaterun_refuses(more: str, code: str) -> None:
    run, _ = wanted([told("passed")])
    with pytest.raises(CommandError, match=code):
        run_command("evaluaterun", run.name, more)


def test_a_target_without_evaluation_is_told_how_to_get_one() -> None:
    run, _ = filled([told("passed")])
    with pytest.raises(CommandError, match="setevaluation"):
        run_command("evaluaterun", run.name)


@pytest.fixture
def engineer(as_acme: Tenant) -> Client:
    """An engineer's browser."""
    user = User.objects.create(username="erin", is_staff=True)
    make_membership(user=user, role=Role.ENGINEER)
    client = Client()
    with nobody():
        client.force_login(user)
    return client


def post(client: Client, page: str, data: dict[str, Any]) -> Any:
    with nobody():
        return client.post(reverse(f"admin:pipeline_{page}"), data)


def form(**fields: Any) -> dict[str, Any]:
    target, suite = make_target(), make_suite()
    given = {"target": target.pk, "suite": suite.pk, "options": "{}", "selection": "{}"}
    return {**given, "repetitions": 1, "is_active": "on", **fields}


def test_an_engineer_adds_an_evaluation(engineer: Client) -> None:
    assert post(engineer, "evaluation_add", form()).status_code == 302
    assert Evaluation.objects.get().created_by == "erin"


@pytest.mark.parametrize("nothing", ["", "null", "[]", "{}"])
def test_a_field_left_empty_is_an_empty_object(nothing: str, engineer: Client) -> None:
    post(engineer, "evaluation_add", form(options=nothing, selection=nothing))
    made = Evaluation.objects.get()
    assert (made.options, made.selection) == ({}, {})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"options": '{"judges": ["nonsense"]}'}, "judge_unknown"),
        ({"selection": '{"tag": []}'}, "selection_invalid"),
        ({"selection": '{"limit": 99999999999999999999}'}, "selection_invalid"),
        ({"selection": '{"tags": ["a\\u0000"]}'}, "nul_character"),
        ({"options": "[1]"}, "evaluation_invalid"),
        ({"gate": "none"}, "gate_unknown"),
    ],
)
def test_the_form_refuses_what_cannot_work(
    fields: dict[str, Any], code: str, engineer: Client
) -> None:
    answer = post(engineer, "evaluation_add", form(**fields))
    assert answer.status_code == 200
    assert code in answer.content.decode()
    assert not Evaluation.objects.exists()


def test_what_was_refused_is_started_again_from_the_list(engineer: Client) -> None:
    request = make_evaluation_request(state="refused", code="nothing_selected")
    chosen = {"action": "start_again", "_selected_action": [str(request.evaluation_id)]}
    assert post(engineer, "evaluation_changelist", chosen).status_code == 302
    request.refresh_from_db()
    assert (request.state, request.code) == ("due", "")


def test_a_refusal_is_shown_and_not_edited(engineer: Client) -> None:
    make_evaluation_request(state="refused", code="nothing_selected")
    with nobody():
        page = engineer.get(reverse("admin:pipeline_evaluationrequest_changelist"))
    assert "nothing_selected" in page.content.decode()
    assert post(engineer, "evaluationrequest_add", {}).status_code == 403
