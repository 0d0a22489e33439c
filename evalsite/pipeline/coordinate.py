"""The coordinator: relay and sweep for every tenant with work, as long as this one leads.

Leadership is a session advisory lock in PostgreSQL: it ends with the connection, so a successor
takes over at once. Everything the leader does can be done twice, so a moment with two is harmless.
"""

from __future__ import annotations

import logging
from threading import Event
from typing import Final
from uuid import UUID

from django.db import Error, close_old_connections, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from kombu.exceptions import OperationalError as BrokerError

from evalsite import traces
from evalsite.audit.record import record_hourly
from evalsite.env import load
from evalsite.pipeline.lead import LOCK, seen, take_over
from evalsite.pipeline.sweep import sweep
from evalsite.tenants import bootstrap, scope
from evalsite.tenants.acting import acting, system

log = logging.getLogger(__name__)

COORDINATOR: Final = system("coordinator")


def coordinate(stop: Event, *, seconds: float) -> None:
    """Lead whenever nobody else does, until told to stop."""
    traces.start(load(), service="coordinator")
    lock: BaseDatabaseWrapper | None = None
    epoch: int | None = None
    while not stop.is_set():
        try:
            close_old_connections()
            lock = lock or connections.create_connection("default")
            if _leads(lock):
                epoch = epoch or take_over()
                tick()
                seen(epoch)
        except (Error, BrokerError) as error:
            log.warning("the coordinator lost its database or broker: %s", error)
            if lock is not None:
                lock.close()
            lock = epoch = None
        stop.wait(seconds)
    if lock is not None:
        lock.close()
    connection.close()


def tick() -> None:
    """Sweep once for each tenant that has something open.

    What goes wrong with one tenant is written to its audit trail, and stops no other.
    """
    for tenant_id in tenants_with_work():
        with scope.tenant(tenant_id), acting(COORDINATOR):
            try:
                sweep()
            except BrokerError:
                raise
            except Exception as error:
                # A statement that the database refuses is this tenant's own fault.
                if isinstance(error, Error) and not connection.is_usable():
                    raise
                log.exception("the sweep of tenant %s failed", tenant_id)
                record_hourly("sweep.failed", type(error).__name__)


def _leads(lock: BaseDatabaseWrapper) -> bool:
    """Hold the lock once; taking it again in the same session would have to be undone as often."""
    with lock.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid ="
            " pg_backend_pid() AND objid = %s AND granted) OR pg_try_advisory_lock(%s)",
            [LOCK, LOCK],
        )
        return bool(cursor.fetchone()[0])


def tenants_with_work() -> list[UUID]:
    """Ask the one function that may look across tenants; it answers ids only."""
    return [tenant_id for (tenant_id,) in bootstrap.ask("tenants_with_work")]
