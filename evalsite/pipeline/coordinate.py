"""The coordinator: relay and sweep for every tenant with work, as long as this one leads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from typing import Final
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from kombu.exceptions import OperationalError as BrokerError

from evalsite import traces
from evalsite.audit.record import record_hourly
from evalsite.env import load
from evalsite.pipeline.lead import Seat, TermOver
from evalsite.pipeline.sweep import sweep
from evalsite.tenants import bootstrap, scope
from evalsite.tenants.acting import acting, system

log = logging.getLogger(__name__)

COORDINATOR: Final = system("coordinator")


def coordinate(stop: Event, *, seconds: float) -> None:
    """Lead whenever nobody else does, until told to stop."""
    traces.start(load(), service="coordinator")
    seat = Seat()
    while not stop.is_set():
        try:
            close_old_connections()
            if seat.hold():
                tick(seat.keep)
        except (DatabaseError, BrokerError, TermOver) as error:
            log.warning("the coordinator leads no more, and tries again: %s", error)
            seat.leave()
        stop.wait(seconds)
    seat.leave()
    connection.close()


def tick(keep: Callable[[], object] = bool) -> None:
    """Sweep once for each tenant that has something open, as long as `keep` raises nothing.

    What goes wrong with one tenant is written to its audit trail, and stops no other.
    """
    for tenant_id in tenants_with_work():
        keep()
        with scope.tenant(tenant_id), acting(COORDINATOR):
            try:
                sweep()
            except BrokerError:
                raise
            except Exception as error:
                # A statement that the database refuses is this tenant's own fault.
                if isinstance(error, DatabaseError) and not connection.is_usable():
                    raise
                log.exception("the sweep of tenant %s failed", tenant_id)
                record_hourly("sweep.failed", type(error).__name__)


def tenants_with_work() -> list[UUID]:
    """Ask the one function that may look across tenants; it answers ids only."""
    return [tenant_id for (tenant_id,) in bootstrap.ask("tenants_with_work")]
