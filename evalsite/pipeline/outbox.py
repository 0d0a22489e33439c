"""Messages are written with the change that calls for them, and sent when it is committed.

Whoever committed sends at once; the coordinator sends what was left, so that a crash between the
commit and the broker loses nothing. Every receiver can be called twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from evalsite.origin import going_back_to, origin
from evalsite.pipeline.models import OutboxMessage
from evalsite.tenants.scope import require

log = logging.getLogger(__name__)

_sends: Final = ContextVar("sends", default=True)

_ADD = """
    INSERT INTO pipeline_outboxmessage (id, tenant_id, task, key, arguments, origin, due_at)
    VALUES (gen_random_uuid(), app.tenant_id(), %s, %s, %s::jsonb, %s::jsonb,
            clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT (tenant_id, key) DO NOTHING
"""
_SETTLE = "DELETE FROM pipeline_outboxmessage WHERE key = ANY (%s)"


@contextmanager
def keeping() -> Iterator[None]:
    """Send nothing at once inside the block: what is owed there is done or sent by others."""
    before = _sends.set(False)
    try:
        yield
    finally:
        _sends.reset(before)


def add(task: str, *, key: str, arguments: str = "{}", delay: float = 0) -> None:
    """Owe the broker a task; `arguments` is JSON text of ids. Sent on commit unless delayed."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [task, key, arguments, json.dumps(origin()), delay])
    if delay == 0 and _sends.get():
        tenant_id = require()
        # Robust: whatever goes wrong, the commit stands, and the coordinator sends it later.
        transaction.on_commit(lambda: _send_key(tenant_id, key), robust=True)


def settle(*keys: str) -> None:
    """Forget messages whose work is done."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [list(keys)])


def relay(*, limit: int = 100) -> int:
    """Send what is due for the tenant in scope; answers how many messages were sent."""
    due = OutboxMessage.objects.filter(due_at__lte=Now()).order_by("due_at")[:limit]
    return sum(_send(message) for message in due)


def _send_key(tenant_id: UUID, key: str) -> None:
    """Send it at once; with the broker away it stays owed."""
    message = OutboxMessage.objects.filter(tenant_id=tenant_id, key=key).first()
    if message is None:
        return
    # Imported late, as Celery comes with it, which only a process that sends has a use for.
    from evalsite.pipeline.hurry import BrokerError

    try:
        _send(message)
    except BrokerError as error:
        log.warning("%s stays owed: %s", key, error)


def _send(message: OutboxMessage) -> int:
    """Publish first, delete after: a crash in between sends twice, never not at all."""
    from evalsite.pipeline.hurry import send

    arguments = {"tenant_id": str(message.tenant_id), **message.arguments}
    with going_back_to(message.origin):
        send(message.task, arguments)
    return message.delete()[0]
