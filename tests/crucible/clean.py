"""Begin a new seed: no rows, no messages, no calls, no mails; the processes live on."""

from __future__ import annotations

import psycopg

from tests.crucible import referee
from tests.crucible.fakes import say
from tests.crucible.world import World

# Queues are bound once, by whoever starts; who flushed them would strike a fault of the table.
_KEPT = b"_kombu.binding"
_TENANT_TABLES = """
    SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class c JOIN pg_attribute a
    ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
_TRIES = 20


def empty(world: World) -> None:
    """Empty what the last seed left; the platform's own rows, such as who leads, stay."""
    _truncate(world)
    for key in world.broker.scan_iter():
        if not key.startswith(_KEPT):
            world.broker.delete(key)
    world.model.calls.clear()
    world.model.say = say
    world.mails.forget()
    world.fallen.clear()
    with world.services.superuser() as superuser:
        referee.clear(superuser)
    world.logs.begin()


def _truncate(world: World) -> None:
    """Truncate all that belongs to a tenant; a sweep that holds a lock is waited for."""
    for left in reversed(range(_TRIES)):
        try:
            with world.services.superuser() as superuser:
                superuser.execute("SET lock_timeout = '1s'")
                (tables,) = superuser.execute(_TENANT_TABLES).fetchone() or ("",)
                superuser.execute(f"TRUNCATE {tables}, tenants_tenant CASCADE")
                return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if not left:
                raise
