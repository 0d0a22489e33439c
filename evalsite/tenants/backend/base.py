"""PostgreSQL connections that follow the tenant scope.

The context variable in `tenants.scope` is the truth. Before each cursor and each statement the
session setting `app.tenant_id`, which every policy reads, is made to agree with it. No
transaction is needed, so a task may wait for a model for minutes with none open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from select import POLLIN, poll
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from evalsite.errors import EvalsiteError
from evalsite.tenants import scope
from evalsite.tenants.backend import pulse

NO_TENANT_SQLSTATE: Final = "P0T01"
_UNKNOWN: Final = object()


def _is_ended(connection: psycopg.Connection) -> bool:
    """Say whether the server has said something unasked: as a rule, that it ends the session."""
    watch = poll()
    try:
        watch.register(connection.fileno(), POLLIN)
    except psycopg.OperationalError:
        return True
    return bool(watch.poll(0))


class UnsafeRole(EvalsiteError):
    """The database role could see every tenant, so evalsite refuses to run with it."""

    code = "unsafe_database_role"
    hint = "connect as evalsite_app: never as owner, superuser or a role with BYPASSRLS"


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend plus the scope and the canary."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._applied: object = _UNKNOWN
        self._follows = True
        self.execute_wrappers.append(self._follow_before_execute)

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Open a connection, and refuse it where the wall would not hold."""
        connection: psycopg.Connection = super().get_new_connection(pulse.hurried(conn_params))
        pulse.note(connection)
        self._applied = _UNKNOWN
        if self.settings_dict.get("CANARY", False):
            try:
                self._ask_canary(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def ensure_connection(self) -> None:
        """Have a connection that the server has not ended: its restart costs no statement.

        Raises OperationalError at once while the server is known not to answer.
        """
        if pulse.is_away():
            raise OperationalError("the database does not answer")
        self._close_if_ended()
        super().ensure_connection()

    def close_if_unusable_or_obsolete(self) -> None:
        """Look through a connection at the begin and the end of a request or task; opens none."""
        self._close_if_ended()
        if self.connection is not None and not pulse.is_away():
            super().close_if_unusable_or_obsolete()

    def _close_if_ended(self) -> None:
        if self.connection is not None and not self.in_atomic_block and _is_ended(self.connection):
            self.close()

    def create_cursor(self, name: str | None = None) -> Any:
        """Make a cursor on a session that works for the tenant in scope."""
        self._follow()
        return super().create_cursor(name)

    def _follow_before_execute(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self._follow()
        return execute(sql, params, many, context)

    @contextmanager
    def as_it_stands(self) -> Iterator[None]:
        """Leave the session's tenant as it is, for statements that read no tenant's rows.

        Only `tenants.bootstrap` may use it.
        """
        self._follows = False
        try:
            yield
        finally:
            self._follows = True

    def _follow(self) -> None:
        if not self._follows:
            return
        wanted = scope.current()
        if self._applied is wanted or self._applied == wanted:
            return
        # In a failed transaction nothing may be sent: the original error must stay visible.
        if self.connection.info.transaction_status == TransactionStatus.INERROR:
            return
        self._set(self.connection, wanted)
        self._applied = wanted

    @staticmethod
    def _set(connection: psycopg.Connection, tenant_id: UUID | None) -> None:
        value = "" if tenant_id is None else str(tenant_id)
        connection.execute("SELECT set_config('app.tenant_id', %s, false)", (value,))

    @staticmethod
    def _ask_canary(connection: psycopg.Connection) -> None:
        """The canary's row is visible to nobody without a tenant, unless row security is void."""
        connection.autocommit = True
        connection.execute("SELECT set_config('app.tenant_id', '', false)")
        try:
            connection.execute("SELECT tenant_id FROM app.canary")
        except psycopg.Error as error:
            if error.sqlstate == NO_TENANT_SQLSTATE:
                return
            if error.sqlstate in ("42P01", "3F000"):
                raise psycopg.OperationalError(
                    "not migrated yet: run `manage.py migrate`"
                ) from None
            raise
        raise UnsafeRole(f"the role {connection.info.user!r} is not held by row-level security")

    def _rollback(self) -> None:
        # A rollback also takes back a setting that was made inside the transaction.
        self._applied = _UNKNOWN
        super()._rollback()  # type: ignore[misc]  # not in the stubs

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # not in the stubs
        self._applied = _UNKNOWN

    def _close(self) -> None:
        self._applied = _UNKNOWN
        super()._close()  # type: ignore[misc]  # not in the stubs
