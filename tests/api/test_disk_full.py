"""A disk without room refuses the whole of an order, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import Client

from evalsite.batches.models import Batch
from evalsite.pipeline.models import OutboxMessage
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import post
from tests.api.scored import answered_run, filled_suite
from tests.services import Services

_FULL = """
    CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER disk_full BEFORE INSERT ON batches_chunk EXECUTE FUNCTION disk_full()
"""


@contextmanager
def no_room(services: Services) -> Iterator[None]:
    """Let the table of chunks take no more rows, as where its disk is full."""
    with services.superuser() as superuser:
        superuser.execute(_FULL)
        try:
            yield
        finally:
            superuser.execute("SET lock_timeout = '10s'; DROP FUNCTION disk_full CASCADE")


def test_an_order_is_taken_whole_or_not_at_all(
    api: Client, acme: Tenant, services: Services
) -> None:
    with tenant(acme.pk):
        answered_run(filled_suite(4), name="v1", client_version="1.0")
    order = {"suite": "sums", "run": "v1"}
    with no_room(services):
        refused = post(api, "batches", order)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert refused["Retry-After"]
    with tenant(acme.pk):
        assert not Batch.objects.exists()
        assert not OutboxMessage.objects.exists()
    assert post(api, "batches", order).status_code == 202
