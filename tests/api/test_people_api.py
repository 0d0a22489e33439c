"""Members, invitations and usage over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from evalsite.quotas.models import Quota
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, patch, post, refusal
from tests.factories import make_case
from tests.tenant_rows import make_invitation, make_membership, make_user

ANN = {"email": "ann@example.org", "role": "curator"}


def unset(client: Client, address: str) -> Any:
    """Send DELETE; answers the response."""
    return client.delete(f"/api/v1/{address}")


@pytest.fixture
def member(acme: Tenant) -> Membership:
    """A curator of Acme, who has an owner beside them."""
    with tenant(acme.pk):
        make_membership(role=Role.OWNER)
        return make_membership(user=make_user(username="bob", email="bob@example.org"))


def test_members_are_listed(api: Client, member: Membership) -> None:
    (bob,) = get(api, "members", role="curator").json()["results"]
    assert (bob["username"], bob["email"]) == ("bob", "bob@example.org")
    assert get(api, f"members/{member.pk}").json() == bob


def test_a_member_is_given_another_role(api: Client, member: Membership) -> None:
    address = f"members/{member.pk}"
    seen = get(api, address).headers["ETag"]
    assert patch(api, address, {"role": "admin"}, if_match=seen).json()["role"] == "admin"
    assert patch(api, address, {"role": "viewer"}, if_match=seen).status_code == 412


def test_a_role_above_ones_own_is_not_given(acme: Tenant, member: Membership) -> None:
    refused = patch(asker(acme, role=Role.ADMIN), f"members/{member.pk}", {"role": "owner"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_high")


@pytest.mark.parametrize("body", [{}, {"role": "king"}, {"role": "viewer", "username": "root"}])
def test_a_bad_edit_is_refused(api: Client, member: Membership, body: dict[str, str]) -> None:
    assert refusal(patch(api, f"members/{member.pk}", body)) == "invalid"


def test_the_last_owner_stays(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        owner = make_membership(role=Role.OWNER)
    demoted = patch(api, f"members/{owner.pk}", {"role": "admin"})
    assert refusal(demoted, conflict=True) == "last_owner"
    assert refusal(unset(api, f"members/{owner.pk}"), conflict=True) == "last_owner"


def test_a_member_is_taken_out(api: Client, member: Membership) -> None:
    assert unset(api, f"members/{member.pk}").status_code == 204
    assert get(api, f"members/{member.pk}").status_code == 404


def test_somebody_is_invited_by_mail(api: Client) -> None:
    made = post(api, "invitations", ANN)
    assert (made.status_code, made.json()["invited_by"]) == (201, "key owner-key")
    (sent,) = mail.outbox
    token = str(sent.body).split("/invitations/")[1].split("/")[0].split()[0]
    assert sent.to == ["ann@example.org"]
    assert token not in made.content.decode() + api.get(made.headers["Location"]).content.decode()


def test_an_invitation_is_withdrawn(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        invitation = make_invitation(email="ann@example.org")
    assert unset(api, f"invitations/{invitation.pk}").status_code == 204
    (told,) = get(api, "invitations", email="ann@example.org").json()["results"]
    assert told["withdrawn_at"]


@pytest.mark.parametrize("body", [{"email": "x", "role": "viewer"}, {**ANN, "digest": "0"}])
def test_a_bad_invitation_is_refused(api: Client, body: dict[str, str]) -> None:
    assert refusal(post(api, "invitations", body)) == "invalid"


def test_a_member_is_not_invited_again(api: Client, member: Membership) -> None:
    refused = post(api, "invitations", {**ANN, "email": "bob@example.org"})
    assert refusal(refused, conflict=True) == "already_member"


def test_people_are_for_admins(acme: Tenant, member: Membership) -> None:
    engineer = asker(acme, role=Role.ENGINEER)
    answers = [get(engineer, "members"), post(engineer, "invitations", ANN)]
    answers.append(unset(engineer, f"members/{member.pk}"))
    assert {answer.status_code for answer in answers} == {403}


def test_another_tenant_finds_nobody(stranger: Client, member: Membership, acme: Tenant) -> None:
    with tenant(acme.pk):
        invitation = make_invitation()
    one, other = f"members/{member.pk}", f"invitations/{invitation.pk}"
    answers = [ask(stranger, address) for ask in (get, unset) for address in (one, other)]
    answers.append(patch(stranger, one, {"role": "viewer"}))
    assert {answer.status_code for answer in answers} == {404}


def test_more_members_are_no_more_queries(
    api: Client, acme: Tenant, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with tenant(acme.pk):
        for _ in range(12):
            make_membership()
    with django_assert_max_num_queries(12):
        assert len(get(api, "members").json()["results"]) == 12


def test_usage_stands_beside_its_limits(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        make_case()
        Quota.objects.create(max_cases=500, month_usd="12.5")
    told = get(api, "usage").json()
    assert (told["cases"], told["max_cases"], told["max_batches_in_flight"]) == (1, 500, None)
    assert (told["month_usd"], told["month_spent_usd"], told["month"][8:]) == (12.5, 0.0, "01")


def test_usage_is_ones_own(stranger: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        make_case()
    assert get(stranger, "usage").json()["cases"] == 0
