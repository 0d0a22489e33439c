"""Programs and people that ask the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import pytest
from django.test import Client

from evalsite.keys.issue import issue_key
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant

EVERYTHING = ("*:read", "*:write")
_addresses = count(1)
Asker = Callable[..., Client]


def asker(of: Tenant, *, role: Role = Role.OWNER, scopes: Iterable[str] = EVERYTHING) -> Client:
    """A program of the tenant with a key of its own: a client that sends and reads JSON."""
    with tenant(of.pk):
        issued = issue_key(name=f"{role}-key", role=role, scopes=list(scopes))
    return holding(issued.token.get_secret_value())


def holding(token: str) -> Client:
    """A program that shows a key, from an address of its own: bad keys are counted by it."""
    number = next(_addresses)
    address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return Client(headers={"authorization": f"Bearer {token}"}, REMOTE_ADDR=address)


@pytest.fixture
def api(acme: Tenant) -> Client:
    """A program of Acme that may do all."""
    return asker(acme)


@pytest.fixture
def stranger(globex: Tenant) -> Client:
    """A program of Globex that may do all there."""
    return asker(globex)


def post(client: Client, address: str, body: Any, **headers: str) -> Any:
    """Send JSON; answers the response."""
    return client.post(f"/api/v1/{address}", body, content_type="application/json", headers=headers)


def patch(client: Client, address: str, body: Any, **headers: str) -> Any:
    """Send an edit as JSON; answers the response."""
    return client.patch(
        f"/api/v1/{address}", body, content_type="application/json", headers=headers
    )


def get(client: Client, address: str, **params: Any) -> Any:
    """Read an address; answers the response."""
    return client.get(f"/api/v1/{address}", params)


def refusal(response: Any, *, conflict: bool = False) -> str:
    """Answer the code of a refused request: it was bad, or in conflict with what is there."""
    assert response.status_code in ((409,) if conflict else (400, 422))
    return str(response.json()["code"])
