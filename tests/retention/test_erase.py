"""A tenant is erased whole, and nobody else's row goes with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import connections
from redis import Redis

from evalsite.audit.models import Entry
from evalsite.audit.record import record
from evalsite.blobs import objects
from evalsite.retention.erase import (
    ErasureIncomplete,
    ErasureNotConfirmed,
    ErasureRefused,
    erase,
)
from evalsite.retention.models import Erasure
from evalsite.retention.tables import tables_of_tenants
from evalsite.tenants.enrol import TenantUnknown
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.valkey import client_url
from tests.factories import FACTORIES, make_batch
from tests.kept_rows import make_hold

pytestmark = pytest.mark.usefixtures("two_tenants")


@pytest.fixture
def two_tenants(committed_db: None, tmp_path: Path, settings: Any) -> None:
    """Acme and Globex, each with a row of every model, an audit entry, and an object."""
    kept = {**settings.STORAGES["blobs"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "blobs": kept}
    for slug in ("acme", "globex"):
        made = Tenant.objects.create(slug=slug, name=slug)
        with tenant(made.pk):
            for model, make in FACTORIES.items():
                if not model.__name__.startswith(("Hold", "Link", "Anchor")):
                    _committed(make)
            _close_batches()
            record("suite.added", "x")
        objects.put(objects.name_of(made.pk, "ab12"), b"content", is_new=True)


def _committed(make: Any) -> None:
    make()


def _close_batches() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("UPDATE batches_batch SET state = 'finished'")


def rows(slug: str) -> dict[str, int]:
    """Count the tenant's rows in each table, as maintenance sees them."""
    pk = Tenant.objects.get(slug=slug).pk
    counts = {}
    with connections["maint"].cursor() as cursor:
        for table in tables_of_tenants(cursor):
            cursor.execute(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", [pk])
            counts[table] = cursor.fetchone()[0]
    return counts


def test_all_of_it_goes_and_all_of_the_other_stays() -> None:
    acme, globex = Tenant.objects.get(slug="acme"), rows("globex")
    assert min(globex[table] for table in ("audit_entry", "blobs_blob", "keys_apikey")) > 0
    session = SessionStore()
    session["tenant"] = str(acme.pk)
    session.create()
    out = StringIO()
    with _key(f"evalsite:{acme.pk}:x"):
        call_command("erasetenant", "acme", "--confirm", "acme", "--json", stdout=out)
        assert not list(_broker().scan_iter(f"*{acme.pk}*"))
    told = json.loads(out.getvalue())
    assert told["counts"]["scoring_scorecard"] >= 1
    assert told["counts"]["objects"] == told["counts"]["sessions"] == 1
    assert rows("globex") == globex
    assert not any(rows(f"erased-{acme.pk}").values())
    assert objects.all_of(acme.pk) == []
    assert len(objects.all_of(Tenant.objects.get(slug="globex").pk)) == 1
    assert "tenant" not in SessionStore(session.session_key)
    receipt = Erasure.objects.get()
    assert receipt.slug_digest == hashlib.sha256(b"acme").hexdigest()
    assert not Tenant.objects.filter(slug="acme").exists()
    _refuses_what_must_stay()


def _refuses_what_must_stay() -> None:
    """Of the other tenant: what is held, runs, is not confirmed or not there."""
    with pytest.raises(ErasureNotConfirmed):
        erase("globex", confirm="glob", actor="ann")
    with pytest.raises(TenantUnknown):
        erase("acme", confirm="acme", actor="ann")
    globex = Tenant.objects.get(slug="globex")
    with tenant(globex.pk):
        held = make_hold()
    with pytest.raises(ErasureRefused, match="hold"):
        erase("globex", confirm="globex", actor="ann")
    with tenant(globex.pk):
        held.delete()
        make_batch(state="paused")
    with pytest.raises(CommandError, match="erasure_refused"):
        call_command("erasetenant", "globex", "--confirm", "globex")
    with tenant(globex.pk):
        assert Entry.objects.exists()
        _close_batches()
    with _stray_table(globex), pytest.raises(ErasureIncomplete, match="stray"):
        erase("globex", confirm="globex", actor="ann")
    erase("globex", confirm="globex", actor="ann")
    assert Erasure.objects.count() == 2


@contextmanager
def _stray_table(owner: Tenant) -> Iterator[None]:
    """A table that no model knows, and that maintenance may not delete from."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "CREATE TABLE stray (tenant_id uuid); GRANT SELECT ON stray TO evalsite_maint"
        )
        cursor.execute("INSERT INTO stray VALUES (%s)", [owner.pk])
        yield
        cursor.execute("DROP TABLE stray")


def _broker() -> Redis:
    return Redis.from_url(client_url(configured.VALKEY_URL))


@contextmanager
def _key(name: str) -> Iterator[None]:
    _broker().set(name, 1)
    yield
    _broker().delete(name)
