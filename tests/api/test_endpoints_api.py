"""Endpoints and prices over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.seal import open_secret
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import get, patch, post, refusal

SECRET = "sk-planted-0123456789"
NEW = {"name": "models", "base_url": "https://api.example.org/v1", "secret": SECRET}
PRICE = {"model": "judge-1", "usd_in": 0.15, "usd_out": 0.6}


def delete(client: Client, address: str) -> int:
    return int(client.delete(f"/api/v1/{address}").status_code)


def test_a_secret_goes_in_and_is_never_told(api: Client, acme: Tenant) -> None:
    made = post(api, "endpoints", NEW, idempotency_key="k")
    address = f"endpoints/{made.json()['id']}"
    edited = patch(api, address, {"timeout_s": 5})
    listed = get(api, "endpoints", name="models")
    for answer in (made, edited, listed, get(api, address)):
        assert SECRET not in answer.content.decode()
    assert (made.status_code, edited.json()["has_secret"]) == (201, True)
    with tenant(acme.pk):
        assert open_secret(Endpoint.objects.get()) == SECRET
        assert SECRET not in str(list(Entry.objects.values_list("details", "before", "after")))


def test_a_secret_is_removed_by_null(api: Client) -> None:
    address = f"endpoints/{post(api, 'endpoints', NEW).json()['id']}"
    assert patch(api, address, {"secret": None}).json()["has_secret"] is False


def test_a_secret_does_not_follow_to_another_host(api: Client) -> None:
    address = f"endpoints/{post(api, 'endpoints', NEW).json()['id']}"
    moved = patch(api, address, {"base_url": "https://evil.example.org/v1"})
    assert refusal(moved) == "secret_wanted"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"base_url": "http://127.0.0.1/"}, "endpoint_blocked"),
        ({"base_url": "ftp://x"}, "endpoint_url_invalid"),
        ({"name": "mock"}, "endpoint_invalid"),
        ({"parallel": 0}, "invalid"),
        ({"sealed_secret": "x"}, "invalid"),
        ({"kind": "x"}, "invalid"),
    ],
)
def test_what_is_no_endpoint(api: Client, change: dict[str, Any], code: str) -> None:
    refused = post(api, "endpoints", {**NEW, **change})
    assert refusal(refused) == code
    assert SECRET not in refused.content.decode()


def test_a_name_is_taken_once(api: Client) -> None:
    post(api, "endpoints", NEW)
    assert refusal(post(api, "endpoints", NEW), conflict=True) == "endpoint_exists"


def test_an_endpoint_is_deleted(api: Client, stranger: Client) -> None:
    address = f"endpoints/{post(api, 'endpoints', NEW).json()['id']}"
    assert (delete(stranger, address), delete(api, address)) == (404, 204)
    assert get(api, address).status_code == 404


def test_a_price_is_set_changed_and_deleted(api: Client, stranger: Client) -> None:
    made = post(api, "prices", PRICE)
    assert (made.status_code, made.json()["usd_out"]) == (201, 0.6)
    address = f"prices/{made.json()['id']}"
    assert patch(api, address, {"usd_in": 2}).json()["usd_in"] == 2
    assert refusal(post(api, "prices", PRICE), conflict=True) == "price_exists"
    assert len(get(api, "prices", model="judge-1").json()["results"]) == 1
    assert (delete(stranger, address), delete(api, address)) == (404, 204)


@pytest.mark.parametrize("change", [{"usd_in": -1}, {"usd_in": "NaN"}, {"currency": "EUR"}])
def test_what_is_no_price(api: Client, change: dict[str, Any]) -> None:
    assert refusal(post(api, "prices", {**PRICE, **change})) == "invalid"
