"""Members and invitations in the admin."""

from __future__ import annotations

import pytest
from django.core import mail
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.people.models import Invitation
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.people.joined import invited, member, signed_in

MEMBERS, GUESTS = "/admin/tenants/membership/", "/admin/people/invitation/"


@pytest.fixture
def admin(acme: Tenant) -> Client:
    """An admin of Acme."""
    return signed_in(acme, Role.ADMIN)


def made(of: Tenant) -> list[str]:
    """What was recorded, sign-ins left out."""
    with tenant(of.pk):
        entries = Entry.objects.exclude(action="person.signed_in").order_by("recorded_at", "pk")
        return list(entries.values_list("action", flat=True))


def of_acme(acme: Tenant, role: Role = Role.CURATOR) -> Membership:
    with tenant(acme.pk):
        return member(role)


def test_somebody_is_invited_and_taken_back(admin: Client, acme: Tenant) -> None:
    admin.post(f"{GUESTS}add/", {"email": "guest@example.org", "role": "viewer"})
    assert mail.outbox[0].to == ["guest@example.org"]
    with tenant(acme.pk):
        guest = Invitation.objects.get()
    admin.post(GUESTS, {"action": "withdraw", "_selected_action": [guest.pk], "confirmed": "1"})
    assert made(acme) == ["person.invited", "invitation.withdrawn"]


def test_an_admin_invites_no_owner(admin: Client, acme: Tenant) -> None:
    form = {"email": "guest@example.org", "role": "owner"}
    assert b"role_too_high" in admin.post(f"{GUESTS}add/", form, follow=True).content
    assert (mail.outbox, made(acme)) == ([], [])


def test_an_invitation_shows_no_digest(admin: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        guest, token = invited()
    pages = [admin.get(GUESTS), admin.get(f"{GUESTS}{guest.pk}/change/")]
    assert [page.status_code for page in pages] == [200, 200]
    shown = b"".join(page.content for page in pages).decode()
    assert guest.digest not in shown
    assert token not in shown


def test_a_role_is_changed(admin: Client, acme: Tenant) -> None:
    ann = of_acme(acme)
    admin.post(f"{MEMBERS}{ann.pk}/change/", {"role": "engineer", "user": "1"})
    with tenant(acme.pk):
        assert Membership.objects.get(pk=ann.pk).role == "engineer"
    assert made(acme) == ["member.changed"]


def test_a_member_is_removed(admin: Client, acme: Tenant) -> None:
    ann = of_acme(acme)
    assert admin.get(f"{MEMBERS}{ann.pk}/delete/").status_code == 200
    admin.post(f"{MEMBERS}{ann.pk}/delete/", {"post": "yes"})
    assert made(acme) == ["member.removed"]


def test_the_last_owner_cannot_be_reached(acme: Tenant) -> None:
    client = signed_in(acme, Role.OWNER)
    with tenant(acme.pk):
        owner = Membership.objects.get()
    page = f"{MEMBERS}{owner.pk}/"
    for path, form in (("change/", {"role": "viewer"}), ("delete/", {"post": "yes"})):
        assert b"last_owner" in client.post(page + path, form, follow=True).content
    assert made(acme) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CURATOR, Role.ENGINEER])
def test_lower_roles_see_nobody(role: Role, acme: Tenant) -> None:
    client, ann = signed_in(acme, role), of_acme(acme)
    pages = [MEMBERS, GUESTS, f"{GUESTS}add/", f"{MEMBERS}{ann.pk}/change/"]
    assert {client.get(page).status_code for page in pages} == {403}
    assert client.post(f"{MEMBERS}{ann.pk}/change/", {"role": "owner"}).status_code == 403


def test_another_tenants_member_is_not_there(admin: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        carol = member(username="carol")
    assert admin.post(f"{MEMBERS}{carol.pk}/change/", {"role": "viewer"}).status_code == 302
    assert b"carol" not in admin.get(MEMBERS).content
    with tenant(globex.pk):
        assert Membership.objects.get().role == Role.CURATOR


def test_a_member_is_named_without_a_link_that_is_refused(admin: Client, acme: Tenant) -> None:
    page = admin.get(f"{MEMBERS}{of_acme(acme).pk}/change/").content.decode()
    assert "/admin/auth/user/" not in page
