"""Experiments in the admin: declared there, and locked by their results."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from evalsite.audit.models import Entry
from evalsite.experiments.models import Experiment
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.factories import make_arm, make_decision, make_experiment, make_result
from tests.tenant_rows import make_membership

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")

FIELDS = {
    "name": "study",
    "state": "open",
    "primary_metric": "score",
    "claim": "superiority",
    "margin": "0.02",
    "alpha": "0.025",
    "tie_band": "0",
}


@pytest.fixture
def engineer(as_acme: Tenant) -> Client:
    """Erin's browser; she is an engineer at Acme."""
    erin = User.objects.create(username="erin", is_staff=True)
    make_membership(user=erin, role=Role.ENGINEER)
    client = Client()
    with nobody():
        client.force_login(erin)
    return client


def post(client: Client, page: str, *args: Any, **fields: Any) -> Any:
    with nobody():
        return client.post(reverse(f"admin:experiments_{page}", args=args), fields)


def get(client: Client, page: str, *args: Any) -> str:
    with nobody():
        response = client.get(reverse(f"admin:experiments_{page}", args=args))
    assert response.status_code == 200
    return str(response.content.decode())


def test_an_experiment_is_declared_and_audited(engineer: Client) -> None:
    post(engineer, "experiment_add", **FIELDS)
    made = Experiment.objects.get()
    assert (made.claim, made.margin, made.created_by) == ("superiority", 0.02, "erin")
    assert Entry.objects.get(action="experiment.added").actor == "erin"


@pytest.mark.parametrize("margin", ["", "nan", "1"])
def test_a_margin_that_is_none_is_refused_on_the_page(engineer: Client, margin: str) -> None:
    answer = post(engineer, "experiment_add", **{**FIELDS, "margin": margin, "peek_safe": "on"})
    assert answer.status_code == 200
    assert "margin" in answer.context["adminform"].form.errors


def test_what_cannot_be_peeked_at_is_told(engineer: Client) -> None:
    fields = {**FIELDS, "primary_metric": "latency_ms", "peek_safe": "on"}
    assert "can be looked at" in post(engineer, "experiment_add", **fields).content.decode()
    assert not Experiment.objects.exists()


def test_the_declaration_may_change_before_the_first_result(engineer: Client) -> None:
    made = make_experiment(name="study")
    post(engineer, "experiment_change", made.pk, **FIELDS)
    made.refresh_from_db()
    assert made.margin == 0.02


def test_then_it_is_locked_and_the_rest_is_not(engineer: Client) -> None:
    made = make_result(experiment=make_experiment(name="study")).experiment
    post(engineer, "experiment_change", made.pk, **{**FIELDS, "description": "told later"})
    made.refresh_from_db()
    assert (made.margin, made.description) == (0.05, "told later")


def test_all_of_it_can_be_looked_at(engineer: Client) -> None:
    rows = {
        "result": make_result(task="the task"),
        "decision": make_decision(),
        "arm": make_arm(version="9.9.9"),
    }
    for name, row in rows.items():
        assert str(row.pk) in get(engineer, f"{name}_changelist")
        assert 'name="_save"' not in get(engineer, f"{name}_change", row.pk)
