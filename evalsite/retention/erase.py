"""Erase a tenant: all its rows, objects and traces, and prove that nothing is left.

The app's role may not delete history, so this works as `evalsite_maint`, which sees every tenant:
each statement here names the tenant itself. One that is killed is run again, and goes on.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.audit.purge import erase_trail
from evalsite.batches.models import Batch, BatchState
from evalsite.blobs import objects
from evalsite.calls.connect import forget_keys
from evalsite.errors import EvalsiteError, UsageError
from evalsite.retention.models import Erasure, Hold
from evalsite.retention.piece import ROWS
from evalsite.retention.tables import tables_of_tenants
from evalsite.tenants.enrol import TenantUnknown
from evalsite.tenants.middleware import SESSION_KEY
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant as in_scope

_MAINT: Final = "maint"
_COUNT: Final = "SELECT count(*) FROM {table} WHERE tenant_id = %s"
_DELETE: Final = """
    DELETE FROM {table} WHERE tenant_id = %s AND ctid = ANY (ARRAY(
        SELECT ctid FROM {table} WHERE tenant_id = %s LIMIT {rows}))
"""
_ALL: Final = 2**31 - 1


class ErasureNotConfirmed(UsageError):
    """An erasure cannot be taken back, so its tenant must be named twice."""

    code = "erasure_not_confirmed"
    hint = "repeat the slug with --confirm"


class ErasureRefused(EvalsiteError):
    """The tenant must not be erased now."""

    code = "erasure_refused"
    hint = "release its holds (releasehold), and cancel its batches or wait for them"
    exit_code = 2


class ErasureIncomplete(EvalsiteError):
    """Something of the tenant is left."""

    code = "erasure_incomplete"
    hint = "run it again; a table that evalsite_maint may not delete from must be granted to it"


def erase(slug: str, *, confirm: str, actor: str) -> Erasure:
    """Erase the tenant of that slug, active or not, and answer the receipt.

    Raises ErasureNotConfirmed, TenantUnknown, ErasureRefused and ErasureIncomplete.
    """
    if confirm != slug:
        raise ErasureNotConfirmed(f"{confirm!r} is not {slug!r}")
    found = Tenant.objects.filter(slug=slug).first()
    if found is None:
        raise TenantUnknown(f"there is no tenant {slug!r}")
    started = timezone.now()
    with in_scope(found.pk):
        _require_free()
        Tenant.objects.filter(pk=found.pk).update(is_active=False)
        counts = _erase_rows(found.pk)
        counts |= {Entry._meta.db_table: erase_trail()}
        counts |= _erase_elsewhere(found.pk)
        _require_nothing_left(found.pk)
    return _sign(found, counts=counts, started=started, actor=actor)


def _require_free() -> None:
    if Hold.objects.exists():
        raise ErasureRefused("a legal hold stands")
    open_ones = Batch.objects.filter(state__in=(BatchState.RUNNING, BatchState.PAUSED))
    if n := open_ones.count():
        raise ErasureRefused(f"{n} batches run or are paused")


def _erase_rows(tenant_id: UUID) -> dict[str, int]:
    """All but the audit trail, which is erased as one."""
    trail = {model._meta.db_table for model in apps.get_app_config("audit").get_models()}
    with connections[_MAINT].cursor() as cursor:
        tables = [table for table in tables_of_tenants(cursor) if table not in trail]
        counts = {table: _empty(cursor, table, tenant_id=tenant_id) for table in tables}
    return {table: n for table, n in counts.items() if n}


def _empty(cursor: CursorWrapper, table: str, *, tenant_id: UUID) -> int:
    """Delete the tenant's rows of a table, piece by piece; all at once where they hang together."""
    total, rows = 0, ROWS
    while True:
        try:
            with transaction.atomic(using=_MAINT):
                cursor.execute(_DELETE.format(table=table, rows=rows), [tenant_id, tenant_id])
                n = int(cursor.rowcount)
        except IntegrityError:
            if rows == _ALL:
                raise
            rows = _ALL
            continue
        except DatabaseError as error:
            raise ErasureIncomplete(f"{table}: {error}") from error
        total += n
        if n < rows:
            return total


def _erase_elsewhere(tenant_id: UUID) -> dict[str, int]:
    """What is of the tenant outside of its tables: objects, keys of the broker, sessions."""
    names = objects.all_of(tenant_id)
    for name in names:
        objects.remove(name)
    chosen = [
        session
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(tenant_id)
    ]
    for session in chosen:
        store = SessionStore(session.session_key)
        del store[SESSION_KEY]
        store.save()
    keys = forget_keys(str(tenant_id))
    return {"objects": len(names), "sessions": len(chosen), "broker keys": keys}


def _require_nothing_left(tenant_id: UUID) -> None:
    left = {}
    with connections[_MAINT].cursor() as cursor:
        for table in tables_of_tenants(cursor):
            cursor.execute(_COUNT.format(table=table), [tenant_id])
            left[table] = int(cursor.fetchone()[0])
    left["objects"] = len(objects.all_of(tenant_id))
    if any(left.values()):
        told = ", ".join(f"{n} in {place}" for place, n in left.items() if n)
        raise ErasureIncomplete(f"rows are left: {told}")


@transaction.atomic
def _sign(found: Tenant, *, counts: dict[str, int], started: datetime, actor: str) -> Erasure:
    digest = hashlib.sha256(found.slug.encode()).hexdigest()
    Tenant.objects.filter(pk=found.pk).update(slug=f"erased-{found.pk}", name="erased")
    return Erasure.objects.create(
        tenant=found.pk,
        slug_digest=digest,
        counts=counts,
        erased_by=actor[:200],
        started_at=started,
    )
