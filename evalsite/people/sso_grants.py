"""Let the app role use the tables of the extra `sso`, which its own migrations make."""

from __future__ import annotations

from typing import Any, Final

from django.apps import AppConfig
from django.db import connections, router
from django.db.models.signals import post_migrate
from psycopg import sql

from evalsite.tenants.roles import APP

_LABELS: Final = frozenset({"account", "socialaccount", "mfa"})
_GRANT: Final = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}")


def listen() -> None:
    """Grant after each migration of one of these apps."""
    post_migrate.connect(grant, dispatch_uid="grant_sso_tables")


def grant(sender: AppConfig, using: str, **_: Any) -> None:
    """Give the app role the rights on the tables of the app that was migrated."""
    if sender.label not in _LABELS:
        return
    connection = connections[using]
    wanted = {model._meta.db_table for model in router.get_migratable_models(sender, using)}
    with connection.cursor() as cursor:
        # A migration back to nothing ends here too.
        for table in wanted.intersection(connection.introspection.table_names(cursor)):
            grant_it = _GRANT.format(sql.Identifier(table), sql.Identifier(APP))
            cursor.execute(grant_it.as_string(None))
