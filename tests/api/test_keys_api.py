"""Keys over the API: told once, never wider than who issues them, and gone when revoked."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evalsite.api.models import Answered
from evalsite.keys.issue import issue_key
from evalsite.keys.models import ApiKey
from evalsite.keys.revoke import revoke_key
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, holding, post, refusal
from tests.tenant_rows import make_api_key, make_membership, make_user

CI = {"name": "ci", "role": "engineer", "scopes": ["cases:read"], "days": 30}


def unset(client: Client, address: str) -> int:
    """Send DELETE; answers the status."""
    return client.delete(f"/api/v1/{address}").status_code


def test_a_key_is_issued_and_told_once(api: Client) -> None:
    made = post(api, "keys", CI)
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert get(holding(made.json()["token"]), "suites").status_code == 200
    told = api.get(made.headers["Location"]).json()
    assert (told["state"], told["scopes"], "token" in told) == ("good", ["cases:read"], False)
    assert told["public_id"] in made.json()["token"]


def test_a_key_is_kept_by_no_idempotency_key(api: Client, acme: Tenant) -> None:
    made = post(api, "keys", CI, idempotency_key="k1")
    again = post(api, "keys", CI, idempotency_key="k1")
    assert refusal(again, conflict=True) == "answer_not_kept"
    with tenant(acme.pk):
        assert made.json()["token"] not in str(list(Answered.objects.values()))
        assert ApiKey.objects.filter(name="ci").count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"role": "owner"}, 403, "role_too_high"),
        ({"scopes": ["*:write"]}, 403, "scope_too_wide"),
        ({"scopes": ["cases:write"]}, 403, "scope_too_wide"),
    ],
)
def test_a_key_issues_nothing_wider_than_itself(
    acme: Tenant, change: dict[str, Any], status: int, code: str
) -> None:
    admin = asker(acme, role=Role.ADMIN, scopes=["keys:write", "cases:read"])
    assert post(admin, "keys", CI).status_code == 201
    refused = post(admin, "keys", {**CI, **change})
    assert (refused.status_code, refused.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"scopes": ["weather:read"]}, "scope_unknown"),
        ({"scopes": []}, "invalid"),
        ({"role": "king"}, "invalid"),
        ({"days": 366}, "invalid"),
        ({"name": " "}, "invalid"),
        ({"expires_at": "2099-01-01T00:00:00Z"}, "invalid"),
    ],
)
def test_a_bad_key_is_refused(api: Client, change: dict[str, Any], code: str) -> None:
    assert refusal(post(api, "keys", {**CI, **change})) == code


def test_a_key_is_rotated(api: Client) -> None:
    old = post(api, "keys", CI).json()
    new = post(api, f"keys/{old['id']}/rotate", {"overlap_hours": 0})
    assert (new.status_code, new.json()["scopes"]) == (201, ["cases:read"])
    assert get(holding(new.json()["token"]), "suites").status_code == 200
    assert get(holding(old["token"]), "suites").status_code == 401
    again = post(api, f"keys/{old['id']}/rotate", {})
    assert refusal(again, conflict=True) == "key_ended"


def test_a_revoked_key_opens_nothing(api: Client) -> None:
    made = post(api, "keys", CI).json()
    program = holding(made["token"])
    assert get(program, "suites").status_code == 200
    assert unset(api, f"keys/{made['id']}") == 204
    assert get(program, "suites").status_code == 401
    assert get(api, f"keys/{made['id']}").json()["state"] == "revoked"


def test_keys_are_for_admins(acme: Tenant) -> None:
    engineer = asker(acme, role=Role.ENGINEER)
    assert (get(engineer, "keys").status_code, post(engineer, "keys", CI).status_code) == (403, 403)


def test_another_tenant_finds_no_key(stranger: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        key = make_api_key(name="theirs")
    assert get(stranger, "keys", name="theirs").json()["results"] == []
    assert get(stranger, f"keys/{key.pk}").status_code == 404
    assert post(stranger, f"keys/{key.pk}/rotate", {}).status_code == 404
    assert unset(stranger, f"keys/{key.pk}") == 404


def test_a_key_tells_who_it_is(acme: Tenant) -> None:
    me = get(asker(acme, role=Role.CURATOR, scopes=["cases:write"]), "me").json()
    assert (me["kind"], me["role"], me["scopes"]) == ("key", "curator", ["cases:write"])
    assert (me["tenant"]["slug"], me["expires_at"] is None) == ("acme", False)
    assert me["may"] == [{"room": "cases", "verbs": ["add", "change", "delete"]}]


@pytest.fixture
def alice(acme: Tenant) -> User:
    """An engineer of Acme."""
    with tenant(acme.pk):
        user: User = make_membership(user=make_user(username="alice"), role=Role.ENGINEER).user
    return user


def test_a_person_tells_who_they_are(alice: User) -> None:
    client = Client()
    client.force_login(alice)
    me = get(client, "me").json()
    assert (me["kind"], me["name"], me["role"]) == ("user", "alice", "engineer")
    assert (me["scopes"], me["expires_at"], me["tenant"]["name"]) == (None, None, "Acme")
    assert {"room": "targets", "verbs": ["view", "add", "change"]} in me["may"]
    assert "keys" not in {room["room"] for room in me["may"]}


def test_who_is_nobody_is_told_nothing(db: None) -> None:
    client = Client()
    assert get(client, "me").status_code == 401
    client.force_login(make_user())
    assert (refused := get(client, "me")).status_code == 403
    assert refused.json()["code"] == "tenant_not_chosen"


def test_a_key_that_has_ended_locks_nobody_out(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        issued = issue_key(name="old", role="viewer", scopes=["*:read"])
        revoke_key(issued.key)
    stale = holding(issued.token.get_secret_value())
    for _ in range(15):
        assert get(stale, "me").status_code == 401
    api.defaults["REMOTE_ADDR"] = stale.defaults["REMOTE_ADDR"]
    assert get(api, "me").status_code == 200
