"""People who look at pages."""

from __future__ import annotations

from typing import Any

from django.test import Client

from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.tenant_rows import make_user


def looker(of: Tenant, *, role: Role = Role.VIEWER) -> Client:
    """A signed-in person of the tenant."""
    person, client = make_user(), Client()
    with tenant(of.pk):
        admit(person, role=role)
    client.force_login(person)
    return client


def shown(of: Tenant, address: str, *, role: Role = Role.VIEWER, **query: Any) -> str:
    """What a person of the tenant reads at an address; it must be there."""
    answer = looker(of, role=role).get(address, query)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())
