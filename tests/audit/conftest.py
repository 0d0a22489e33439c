"""A trail of a few entries, committed, and somebody who can write past its triggers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from evalsite.audit.record import record
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.services import Services

_WRITTEN = ("audit_link", "audit_anchor", "audit_entry", "tenants_tenant")


@pytest.fixture
def trail(services: Services, django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """A tenant in scope with five linked entries; emptying those tables alone takes no time."""
    with django_db_blocker.unblock():
        acme = Tenant.objects.create(slug="acme", name="Acme")
        with tenant(acme.pk):
            for number in range(1, 6):
                record(
                    "case.changed", f"case {number}", actor="ann", before={"n": 0}, after={"n": 1}
                )
            yield acme
        connections["default"].close()
        with services.superuser() as superuser:
            for table in _WRITTEN:
                superuser.execute(f"DELETE FROM {table}")


@pytest.fixture
def tamper(services: Services) -> Iterator[Callable[..., None]]:
    """Run a statement as superuser, with all triggers off."""
    with services.superuser() as superuser:

        def run(sql: str, **values: Any) -> None:
            superuser.execute(sql, values)

        yield run
