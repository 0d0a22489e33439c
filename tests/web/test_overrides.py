"""People overrule a machine, and take it back."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from evalsite.calibration.models import Label
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.web.carded import make_answer
from tests.web.looking import looker, shown

SAID = {"passed": "yes", "note": "The <b>same</b> in other words"}


def overrule(acme: Tenant, card: Scorecard, *, role: Role = Role.CURATOR, **said: Any) -> Any:
    """Send the form."""
    client = looker(acme, role=role)
    address = reverse("card-overrule", args=[card.pk])
    return client.post(f"{address}?status=failed", {**SAID, **said})


@pytest.fixture
def card(acme: Tenant) -> Scorecard:
    """A case that failed."""
    with tenant(acme.pk):
        return make_answer("another one")


def test_both_verdicts_are_shown(acme: Tenant, card: Scorecard) -> None:
    answer = overrule(acme, card)
    page = shown(acme, reverse("card", args=[card.pk]))
    assert answer["Location"].endswith("/?status=failed")
    assert "Judged failed; " in page
    assert " says passed" in page
    assert "The &lt;b&gt;same&lt;/b&gt; in other words" in page


def test_the_machines_verdict_stays(acme: Tenant, card: Scorecard) -> None:
    overrule(acme, card)
    with tenant(acme.pk):
        card.refresh_from_db()
        assert card.status == "failed"
        assert Label.objects.get().source == "override"


@pytest.mark.parametrize(
    "said", [{"note": ""}, {"note": "x" * 501}, {"passed": ""}, {"stage": "none"}]
)
def test_a_form_that_is_not_filled_in_notes_nothing(
    acme: Tenant, card: Scorecard, said: Any
) -> None:
    answer = overrule(acme, card, **said)
    assert answer.status_code == 422
    assert b"Nothing is noted yet" in answer.content
    with tenant(acme.pk):
        assert not Label.objects.exists()


def test_a_viewer_may_not_and_sees_no_form(acme: Tenant, card: Scorecard) -> None:
    assert overrule(acme, card, role=Role.VIEWER).status_code == 403
    assert "Overrule the machine" not in shown(acme, reverse("card", args=[card.pk]))


def test_another_tenant_cannot(acme: Tenant, globex: Tenant, card: Scorecard) -> None:
    assert overrule(globex, card).status_code == 404


def test_a_withdrawn_verdict_stays_with_its_author(acme: Tenant, card: Scorecard) -> None:
    overrule(acme, card)
    with tenant(acme.pk):
        label = Label.objects.get()
    curator = looker(acme, role=Role.CURATOR)
    curator.post(reverse("card-withdraw", args=[card.pk, label.pk]))
    page = shown(acme, reverse("card", args=[card.pk]))
    assert f"<s>{label.author} said passed" in page
    assert "Judged failed; " not in page


def test_a_label_of_another_case_is_not_withdrawn_here(acme: Tenant, card: Scorecard) -> None:
    overrule(acme, card)
    with tenant(acme.pk):
        label, other = Label.objects.get(), make_answer("y", suite=card.batch.suite, key="other")
    curator = looker(acme, role=Role.CURATOR)
    answer = curator.post(reverse("card-withdraw", args=[other.pk, label.pk]))
    assert answer.status_code == 404
