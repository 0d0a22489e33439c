"""The commands and pages that set policies and place holds."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from evalsite.audit.models import Entry
from evalsite.retention.models import Hold, Policy
from evalsite.tenants.models import Role, Tenant
from tests.factories import make_batch, make_run, make_suite
from tests.kept_rows import make_hold, make_policy, make_receipt
from tests.tenant_rows import make_membership, make_user

pytestmark = pytest.mark.usefixtures("as_acme")


def said(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_a_policy_is_set_kind_by_kind() -> None:
    said("setretention", "--outputs", "90", "--judge-texts", "30")
    assert (
        said("setretention", "--outputs", "never", "--audit", "400")
        == "judge_texts 30 d, audit 400 d\n"
    )
    shown = json.loads(said("showretention", "--json"))
    assert (shown["days"]["audit"], shown["days"]["outputs"]) == (400, None)


@pytest.mark.parametrize("arguments", [["--outputs", "0"], ["--outputs", "soon"], []])
def test_nonsense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        said("setretention", *arguments)
    assert not Policy.objects.exists()


def test_a_hold_is_placed_shown_and_released() -> None:
    suite, batch, run = make_suite(), make_batch(), make_run()
    named = [["--suite", suite.name], ["--batch", str(batch.pk)], ["--run", run.name], ["--all"]]
    ids = [said("holddata", *of, "--reason", "Case 7").strip() for of in named]
    scopes = [f"suite {suite}", f"batch {batch}", f"run {run}", "all"]
    shown = json.loads(said("showretention", "--json"))
    assert [(hold["id"], hold["of"]) for hold in shown["holds"]] == list(
        zip(ids, scopes, strict=True)
    )
    assert "T" in shown["holds"][0]["placed_at"]
    for placed in ids:
        said("releasehold", placed)
    assert not Hold.objects.exists()


def test_what_was_purged_is_shown() -> None:
    make_receipt(), make_hold(), make_policy()
    shown = said("showretention")
    assert "purged 5 outputs" in shown
    assert "held: all, for Case 7" in shown
    assert "replies      30 days" in shown


def signed_in(role: Role) -> Client:
    user = make_user(is_staff=True)
    make_membership(user=user, role=role)
    client = Client()
    client.force_login(user)
    return client


def recorded() -> list[str]:
    """What is in the audit trail but for signing in."""
    entries = Entry.objects.exclude(action__startswith="person.").order_by("recorded_at")
    return list(entries.values_list("action", flat=True))


def posted(client: Client, page: str, *args: Any, **fields: Any) -> int:
    return client.post(reverse(f"admin:retention_{page}", args=args), fields).status_code


def test_an_owner_sets_the_policy_and_each_change_is_one_entry(acme: Tenant) -> None:
    owner = signed_in(Role.OWNER)
    assert posted(owner, "policy_add", outputs="90") == 302
    policy = Policy.objects.get()
    assert posted(owner, "policy_change", policy.pk, outputs="60", audit="400") == 302
    policy.refresh_from_db()
    assert (policy.outputs, policy.audit) == (60, 400)
    assert recorded() == ["retention.changed"] * 2


def test_an_owner_places_and_releases_holds(acme: Tenant) -> None:
    owner, suite = signed_in(Role.OWNER), make_suite()
    assert posted(owner, "hold_add", suite=suite.pk, run=make_run().pk, reason="x") == 200
    assert posted(owner, "hold_add", suite=suite.pk, reason="Case 7") == 302
    placed = Hold.objects.get()
    assert placed.placed_by.startswith("person")
    assert posted(owner, "hold_delete", placed.pk, post="yes") == 302
    assert recorded() == ["hold.placed", "hold.released"]


def test_an_admin_sees_them_and_an_engineer_does_not(acme: Tenant) -> None:
    make_policy(), make_receipt()
    admin, engineer = signed_in(Role.ADMIN), signed_in(Role.ENGINEER)
    for page in ("policy", "hold", "receipt"):
        place = reverse(f"admin:retention_{page}_changelist")
        assert (admin.get(place).status_code, engineer.get(place).status_code) == (200, 403)
    assert posted(admin, "hold_add", reason="Case 7") == 403
