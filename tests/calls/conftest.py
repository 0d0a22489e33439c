from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from evalsite.batches.models import Batch
from evalsite.endpoints.models import Endpoint
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.calls.counter import Counter
from tests.factories import make_batch
from tests.fake_model import FakeModel, fake_model


@pytest.fixture
def fake(as_acme: Tenant, knobs: Callable[..., None]) -> Iterator[FakeModel]:
    """A model that answers at Acme's default endpoint."""
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    with fake_model("OK") as running:
        Endpoint.objects.create(
            name="judges", base_url=running.base_url, is_default=True, default_model="m"
        )
        yield running


@pytest.fixture
def place(fake: FakeModel) -> Endpoint:
    """The endpoint of the fake model."""
    return Endpoint.objects.get(name="judges")


@pytest.fixture
def batch(fake: FakeModel) -> Batch:
    """A running batch without a cap."""
    return make_batch()


@pytest.fixture
def counter(batch: Batch) -> Counter:
    """Asks on the account of that batch."""
    return Counter(batch)


@pytest.fixture
def committed(committed_db: None, knobs: Callable[..., None]) -> Iterator[FakeModel]:
    """A model at the default endpoint of a tenant that other connections see, in its scope."""
    knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk), fake_model("OK") as running:
        Endpoint.objects.create(
            name="judges", base_url=running.base_url, is_default=True, default_model="m"
        )
        yield running
