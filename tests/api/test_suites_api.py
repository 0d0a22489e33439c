"""Suites over the API, and with them what every resource does."""

from __future__ import annotations

import pytest
from django.test import Client

from evalsite.cases.models import Suite
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, patch, post
from tests.factories import make_suite

NEW = {"name": "capitals", "pack": "exact"}


def test_a_suite_is_made_and_found(api: Client) -> None:
    made = post(api, "suites", NEW)
    assert made.status_code == 201
    assert api.get(made.headers["Location"]).json() == made.json()
    assert [row["name"] for row in get(api, "suites").json()["results"]] == ["capitals"]


def test_another_tenant_finds_none(api: Client, stranger: Client) -> None:
    made = post(api, "suites", NEW)
    assert get(stranger, "suites").json()["results"] == []
    assert stranger.get(made.headers["Location"]).status_code == 404


def test_an_edit_must_know_what_it_edits(api: Client) -> None:
    address = f"suites/{post(api, 'suites', NEW).json()['id']}"
    seen = get(api, address).headers["ETag"]
    first = patch(api, address, {"description": "one"}, if_match=seen)
    second = patch(api, address, {"description": "two"}, if_match=seen)
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["code"] == "edit_outdated"
    assert (
        patch(api, address, {"description": "two"}, if_match=first.headers["ETag"]).json()[
            "description"
        ]
        == "two"
    )


def test_who_has_it_is_not_told_again(api: Client) -> None:
    address = f"/api/v1/suites/{post(api, 'suites', NEW).json()['id']}"
    seen = api.get(address).headers["ETag"]
    assert api.get(address, headers={"if-none-match": seen}).status_code == 304


def test_the_same_request_is_done_once(api: Client, acme: Tenant) -> None:
    first = post(api, "suites", NEW, idempotency_key="k1")
    again = post(api, "suites", NEW, idempotency_key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    with tenant(acme.pk):
        assert Suite.objects.count() == 1


def test_an_edit_that_is_told_again_has_no_etag(api: Client) -> None:
    address = f"suites/{post(api, 'suites', NEW).json()['id']}"
    first, again = (patch(api, address, {"description": "x"}, idempotency_key="k") for _ in "ab")
    assert (first.json(), "ETag" in first.headers) == (again.json(), True)
    assert "ETag" not in again.headers


@pytest.mark.parametrize("key", [" ", "a b", "a\tb", "k\u00a0", "\u00e9", "k" * 256])
def test_an_odd_idempotency_key_is_refused(api: Client, key: str) -> None:
    refused = post(api, "suites", NEW, idempotency_key=key)
    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_invalid")


def test_space_around_an_idempotency_key_is_none_of_it(api: Client) -> None:
    first, again = (post(api, "suites", NEW, idempotency_key=key) for key in ("k1", " k1\t"))
    assert first.json() == again.json()


def test_an_idempotency_key_is_for_one_request(api: Client) -> None:
    post(api, "suites", NEW, idempotency_key="k1")
    other = post(api, "suites", {**NEW, "name": "other"}, idempotency_key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_what_failed_may_be_asked_for_again(api: Client) -> None:
    assert post(api, "suites", {**NEW, "pack": "no"}, idempotency_key="k1").status_code == 422
    assert post(api, "suites", NEW, idempotency_key="k1").status_code == 201


def test_a_member_that_is_not_read_is_refused(api: Client) -> None:
    refused = post(api, "suites", {**NEW, "version": 7})
    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"field": "version", "code": "unknown", "detail": "This member is not read here."}
    ]


def test_a_filter_with_a_slip_is_refused(api: Client) -> None:
    refused = get(api, "suites", nmae="capitals")
    assert (refused.status_code, refused.json()["code"]) == (400, "parameter_unknown")


def test_only_the_fields_that_are_wanted(api: Client) -> None:
    post(api, "suites", NEW)
    assert get(api, "suites", fields="name").json()["results"] == [{"name": "capitals"}]


def test_pages_stand_still(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        names = [make_suite().name for _ in range(5)]
    first = get(api, "suites", page_size=2).json()
    with tenant(acme.pk):
        make_suite()
    second = api.get(first["next"]).json()
    seen = [row["name"] for page in (first, second) for row in page["results"]]
    assert seen == names[:0:-1]


@pytest.mark.parametrize(
    ("role", "scopes", "code"),
    [(Role.VIEWER, ("*:write",), "role_too_low"), (Role.CURATOR, ("*:read",), "scope_missing")],
)
def test_role_and_scope_must_both_let(
    acme: Tenant, role: Role, scopes: tuple[str, ...], code: str
) -> None:
    refused = post(asker(acme, role=role, scopes=scopes), "suites", NEW)
    assert (refused.status_code, refused.json()["code"]) == (403, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "json_invalid"),
        (b"[]", 400, "invalid"),
        (b'{"name": "\\u0000"}', 422, "nul_character"),
        (b'{"name": 1e400}', 422, "number_not_finite"),
        (b"[" * 100 + b"]" * 100, 422, "too_deep"),
    ],
)
def test_garbage_is_told_what_it_is(api: Client, body: bytes, status: int, code: str) -> None:
    refused = api.post("/api/v1/suites", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_nobody_is_asked_for_a_key(db: None) -> None:
    refused = Client().get("/api/v1/suites")
    assert (refused.status_code, refused.json()["code"]) == (401, "not_authenticated")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_address_that_is_none_is_a_problem_too(db: None) -> None:
    nothing = Client().get("/api/v1/nothing")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
