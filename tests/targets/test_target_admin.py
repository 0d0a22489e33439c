"""Targets, runs and outputs in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from evalsite.targets.models import Output, Run
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.factories import make_case, make_output
from tests.tenant_rows import make_membership

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")


@pytest.fixture
def engineer(as_acme: Tenant) -> Client:
    """An engineer's browser."""
    user = User.objects.create(username="erin", is_staff=True)
    make_membership(user=user, role=Role.ENGINEER)
    client = Client()
    with nobody():
        client.force_login(user)
    return client


@pytest.fixture
def output(as_acme: Tenant) -> Output:
    """A recorded answer that wants escaping."""
    return make_output(answer={"answer": "<img src=x>\u202e"})


def get(client: Client, page: str, *args: Any) -> Any:
    with nobody():
        return client.get(reverse(f"admin:targets_{page}", args=args))


@pytest.mark.parametrize("page", ["target_changelist", "run_changelist", "output_changelist"])
def test_lists_open(engineer: Client, output: Output, page: str) -> None:
    assert get(engineer, page).status_code == 200


def test_a_run_is_listed_case_by_case(engineer: Client, output: Output) -> None:
    run, suite = output.run, output.case.suite
    cases = [output.case, make_case(suite=suite), make_case(suite=suite)]
    for case, repetition in ((cases[2], 1), (cases[1], 0), (cases[2], 0)):
        make_output(run=run, case=case, repetition=repetition)
    with nobody():
        url = reverse("admin:targets_output_changelist")
        shown = engineer.get(url, {"run__id__exact": str(run.pk)}).context["cl"].result_list
    assert [(one.case_id, one.repetition) for one in shown] == [
        *((case.pk, 0) for case in cases),
        (cases[2].pk, 1),
    ]


def test_a_run_shows_how_many_outputs_it_has(engineer: Client, output: Output) -> None:
    assert (
        f'run__id__exact={output.run.pk}">1</a>' in get(engineer, "run_changelist").content.decode()
    )


def test_an_answer_is_shown_as_escaped_json(engineer: Client, output: Output) -> None:
    text = get(engineer, "output_change", output.pk).content.decode()
    assert "&lt;img src=x&gt;\\u202e" in text


def test_outputs_are_only_looked_at(engineer: Client, output: Output) -> None:
    url = reverse("admin:targets_output_change", args=[output.pk])
    with nobody():
        assert engineer.post(url, {"error": "x"}).status_code == 403
    assert get(engineer, "output_add").status_code == 403


def test_an_engineer_adds_a_run(engineer: Client, output: Output) -> None:
    target = str(output.run.target.pk)
    fields = {"name": "new", "target": target, "eval_mode": "recorded", "metadata": "{}"}
    with nobody():
        response = engineer.post(reverse("admin:targets_run_add"), fields)
    assert response.status_code == 302, response.content.decode()
    assert Run.objects.get(name="new").status == "pending"
