from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody


@pytest.fixture
def boss(as_acme: Tenant, client: Client) -> Client:
    """A browser in which an administrator of Acme is signed in."""
    person = User.objects.create(username="boss")
    admit(person, role=Role.ADMIN)
    with nobody():
        client.force_login(person)
    return client
