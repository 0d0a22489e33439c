"""Sessions that can write nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from django.db import connection, connections, transaction

_PATIENCE_S: Final = 5
_ONLY_READ: Final = "-c default_transaction_read_only=on -c statement_timeout=15s"


@contextmanager
def session(alias: str = "default") -> Iterator[psycopg.Connection]:
    """Give a session of a role as it is set up here, also where evalsite would refuse the role.

    Raises psycopg.Error.
    """
    place: dict[str, Any] = connections[alias].get_connection_params()
    options = f"{place.get('options', '')} {_ONLY_READ}".strip()
    here = {"connect_timeout": _PATIENCE_S, "options": options, "autocommit": True}
    with psycopg.connect(**{**place, **here}) as opened:
        yield opened


@contextmanager
def only_reading() -> Iterator[None]:
    """Let nothing be written through Django's connection in this block."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL transaction_read_only = on")
            cursor.execute("SET LOCAL statement_timeout = '15s'")
        yield
