"""Keys in the admin: shown once, to who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.keys.models import ApiKey
from evalsite.keys.verify import verify
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.keys.issued import issued
from tests.tenant_rows import make_user

LIST, ADD = "/admin/keys/apikey/", "/admin/keys/apikey/add/"
FORM = {"name": "ci", "role": "admin", "scopes": ["cases:read", "cases:write"], "days": "30"}


def signed_in(acme: Tenant, *, role: Role) -> Client:
    person, client = make_user(), Client()
    with tenant(acme.pk):
        admit(person, role=role)
    client.force_login(person)
    return client


@pytest.fixture
def admin(acme: Tenant) -> Client:
    """An admin of Acme."""
    return signed_in(acme, role=Role.ADMIN)


def token_in(page: Any) -> str:
    found = re.search(r"evs_\w{50}", page.content.decode())
    assert found is not None
    return found[0]


def test_a_new_key_is_shown_once_and_kept_by_nothing(admin: Client, acme: Tenant) -> None:
    page = admin.post(ADD, FORM)
    token = token_in(page)
    assert page.headers["Cache-Control"].count("no-store") == 1
    assert verify(token).scopes == {"cases:read", "cases:write"}
    later = [admin.get(LIST), admin.get(f"/admin/keys/apikey/{verify(token).key_id}/change/")]
    assert [page.status_code for page in later] == [200, 200]
    kept = [page.content.decode() for page in later]
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    assert not [text for text in kept if token[16:48] in text]


def test_issuing_is_audited_once(admin: Client, acme: Tenant) -> None:
    admin.post(ADD, FORM)
    with tenant(acme.pk):
        assert Entry.objects.filter(action__startswith="key.").count() == 1
        entry = Entry.objects.get(action="key.issued")
        assert ApiKey.objects.get().created_by == entry.actor
    assert (entry.actor_kind, entry.role) == ("user", "admin")


def test_an_admin_issues_no_owners_key(admin: Client, acme: Tenant) -> None:
    page = admin.post(ADD, {**FORM, "role": "owner"}, follow=True)
    assert "role_too_high" in page.content.decode()
    with tenant(acme.pk):
        assert not ApiKey.objects.exists()


@pytest.mark.parametrize("wrong", [{"days": "366"}, {"scopes": ["auth:read"]}, {"role": "king"}])
def test_a_form_that_cannot_be_is_shown_again(wrong: dict[str, Any], admin: Client) -> None:
    assert b"errorlist" in admin.post(ADD, {**FORM, **wrong}).content


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CURATOR, Role.ENGINEER])
def test_lower_roles_see_no_keys(role: Role, acme: Tenant) -> None:
    client = signed_in(acme, role=role)
    assert [client.get(LIST).status_code, client.post(ADD, FORM).status_code] == [403, 403]


def test_a_key_is_revoked_and_changed_by_nobody(admin: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        key = issued().key
    change = f"/admin/keys/apikey/{key.pk}/change/"
    assert admin.post(change, {**FORM, "digest": "0" * 64}).status_code == 403
    assert admin.post(f"/admin/keys/apikey/{key.pk}/delete/", {"post": "yes"}).status_code == 403
    admin.post(LIST, {"action": "revoke", "_selected_action": [key.pk], "confirmed": "1"})
    with tenant(acme.pk):
        assert ApiKey.objects.get().revoked_at is not None


def test_one_key_is_rotated_at_a_time(admin: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        keys = [issued(), issued()]
    both = {"action": "rotate", "_selected_action": [made.key.pk for made in keys]}
    assert "Tick one key" in admin.post(LIST, both, follow=True).content.decode()
    one = {"action": "rotate", "_selected_action": [keys[0].key.pk]}
    assert verify(token_in(admin.post(LIST, one))).name == "ci"
    assert "key_ended" in admin.post(LIST, one, follow=True).content.decode()


def test_another_tenants_key_cannot_be_reached(admin: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        key = issued().key
    assert admin.get(f"/admin/keys/apikey/{key.pk}/change/").status_code == 302
    admin.post(LIST, {"action": "revoke", "_selected_action": [key.pk], "confirmed": "1"})
    with tenant(globex.pk):
        assert ApiKey.objects.get().revoked_at is None
