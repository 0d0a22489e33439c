"""Somebody keeps a content while it is swept: it is there for who refers to it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from evalsite.blobs.fetch import fetch
from evalsite.blobs.keep import keep, sweep
from evalsite.blobs.models import Blob
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant

TEXT = b"all that was said " * 500


def in_thread(pool: ThreadPoolExecutor, verb: Callable[[], object]) -> Future[object]:
    def run() -> object:
        try:
            return verb()
        finally:
            connection.close()

    return pool.submit(copy_context().run, run)


def somebody_waits() -> bool:
    """Whether a session waits for a lock, within ten seconds."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return True
        Event().wait(0.01)
    return False


@pytest.fixture
def stale(committed_db: None, knobs: Callable[..., None]) -> list[str]:
    """One object that nobody has referred to for days."""
    knobs(blob_object_bytes="1000")
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk), transaction.atomic():
        hashes = keep([TEXT])
        Blob.objects.update(kept_at=timezone.now() - timedelta(days=3))
    return hashes


@pytest.mark.parametrize("first", ["sweep", "keep"])
def test_whoever_comes_first(stale: list[str], first: str) -> None:
    cutoff = timezone.now() - timedelta(days=1)

    def sweeps() -> object:
        with transaction.atomic():
            return sweep(before=cutoff, limit=10)

    def keeps() -> object:
        with transaction.atomic():
            return keep([TEXT])

    other = keeps if first == "sweep" else sweeps
    with tenant(Tenant.objects.get().pk), ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            swept = sweep(before=cutoff, limit=10) if first == "sweep" else keep([TEXT])
            assert len(swept) == 1
            later = in_thread(pool, other)
            assert somebody_waits()
        done = later.result(timeout=30)
        assert done == (stale if first == "sweep" else [])
        assert fetch(stale) == {stale[0]: TEXT}
