from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.journeys.workshop import Workshop, acme, broker
from tests.services import Services


@pytest.fixture
def workshop(committed_db: None, services: Services, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop with an empty broker and the tenant Acme, in whose scope the test runs."""
    shop = Workshop(environment=services.environment(), tmp=tmp_path)
    broker(shop).flushdb()
    Tenant.objects.create(slug="acme", name="Acme")
    try:
        with tenant(acme().pk):
            yield shop
    finally:
        shop.end()
