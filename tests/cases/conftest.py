"""A suite of the exact pack, and a curator who is signed in."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Suite, TestCase
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.tenant_rows import make_membership


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    """An empty suite."""
    return create_suite(name="capitals", pack="exact")


@pytest.fixture
def paris(suite: Suite) -> TestCase:
    """A case of the suite."""
    fields = {
        "key": "france",
        "input": {"question": "Capital of France?"},
        "expected": {"answer": "Paris"},
        "tags": ["europe"],
        "category": "geography",
        "complexity": 1,
    }
    return save_case(suite, fields, actor="alice")


@pytest.fixture
def curator(suite: Suite) -> Client:
    """Alice's browser; she is a curator at Acme."""
    alice = User.objects.create(username="alice", is_staff=True)
    make_membership(user=alice, role=Role.CURATOR)
    return _browser(alice)


@pytest.fixture
def viewer(suite: Suite) -> Client:
    """Bob's browser; he may only look."""
    bob = User.objects.create(username="bob", is_staff=True)
    make_membership(user=bob, role=Role.VIEWER)
    return _browser(bob)


def _browser(user: User) -> Client:
    client = Client()
    with nobody():
        client.force_login(user)
    return client
