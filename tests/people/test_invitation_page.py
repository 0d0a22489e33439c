"""The page behind the link in an invitation."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.people.models import Invitation
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.people.joined import GOOD_PASSWORD, invited, member, signed_in
from tests.tenant_rows import make_user

PASSWORDS = {"new_password1": GOOD_PASSWORD, "new_password2": GOOD_PASSWORD}


@pytest.fixture
def link(acme: Tenant) -> str:
    """The page that a guest of Acme was sent."""
    with tenant(acme.pk):
        return f"/invitations/{invited()[1]}/"


def roles(of: Tenant) -> dict[str, str]:
    with tenant(of.pk):
        return {str(m.user): m.role for m in Membership.objects.select_related("user")}


def actions(of: Tenant) -> list[str]:
    with tenant(of.pk):
        return list(Entry.objects.order_by("recorded_at", "pk").values_list("action", flat=True))


def page(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_new_person_chooses_a_password_and_is_in(link: str, acme: Tenant) -> None:
    client = Client()
    assert "Join Acme" in page(client.get(link))
    client.post(link, PASSWORDS)
    assert roles(acme) == {"guest@example.org": "curator"}
    assert client.get("/admin/").status_code == 200
    assert Client().login(username="guest@example.org", password=GOOD_PASSWORD)
    assert actions(acme)[:3] == ["person.invited", "invitation.accepted", "person.signed_in"]


def test_a_link_works_once(link: str, acme: Tenant) -> None:
    Client().post(link, PASSWORDS)
    again = [Client().get(link), Client().post(link, PASSWORDS)]
    assert [answer.status_code for answer in again] == [404, 404]
    assert User.objects.count() == 1


def test_who_is_signed_in_joins(link: str, acme: Tenant, globex: Tenant) -> None:
    client = signed_in(globex, username="carol")
    assert "Join as carol" in page(client.get(link))
    client.post(link)
    assert roles(acme) == {"carol": "curator"}
    with tenant(acme.pk):
        accepted = Entry.objects.get(action="invitation.accepted")
        assert Invitation.objects.get().accepted_by == "carol"
    assert (accepted.actor, accepted.after) == ("carol", {"member": "carol", "role": "curator"})


def test_joining_leaves_other_tenants_as_they_are(link: str, acme: Tenant, globex: Tenant) -> None:
    client = signed_in(globex, Role.OWNER, username="carol")
    client.post(link)
    assert roles(globex) == {"carol": "owner"}


def test_who_has_an_account_signs_in_first(link: str, acme: Tenant) -> None:
    make_user(username="guest@example.org")
    assert f"/signin/?next={link}" in page(Client().get(link))
    refused = Client().post(link, PASSWORDS)
    assert (refused.status_code, "account_exists" in page(refused)) == (409, True)
    assert roles(acme) == {}


def test_a_member_does_not_join_again(link: str, acme: Tenant) -> None:
    client = signed_in(acme, Role.OWNER, username="ann")
    assert "already_member" in page(client.post(link))
    assert roles(acme) == {"ann": "owner"}
    with tenant(acme.pk):
        assert Invitation.objects.get().accepted_at is None


@pytest.mark.parametrize("weak", ["12345678", "password", "guest@example.org", "short"])
def test_a_weak_password_is_refused(weak: str, link: str, acme: Tenant) -> None:
    answer = Client().post(link, {"new_password1": weak, "new_password2": weak})
    assert "errorlist" in page(answer)
    assert not User.objects.exists()


@pytest.mark.parametrize("token", ["x", "0" * 43, "a" * 5000, "%00"])
def test_what_is_no_link_is_not_found(token: str, db: None) -> None:
    answer = Client().get(f"/invitations/{token}/")
    assert (answer.status_code, "invitation_gone" in page(answer)) == (404, True)


def test_the_page_tells_nobody_else_its_address(link: str) -> None:
    # Under `no-referrer` a browser posts with `Origin: null`, which the CSRF check refuses.
    headers = Client().get(link).headers
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]


def test_a_closed_tenant_takes_nobody_in(link: str, acme: Tenant) -> None:
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert Client().post(link, PASSWORDS).status_code == 404


def test_a_guest_who_was_let_in_by_hand_meanwhile_keeps_the_role(link: str, acme: Tenant) -> None:
    client = Client()
    with tenant(acme.pk):
        client.force_login(member(Role.ADMIN, username="guest@example.org").user)
    assert client.post(link).status_code == 409
    assert roles(acme) == {"guest@example.org": "admin"}
