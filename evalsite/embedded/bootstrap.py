"""Give the embedded PostgreSQL its roles and a database."""

from __future__ import annotations

from evalsite.embedded import passfile
from evalsite.embedded.layout import ADMIN, Layout
from evalsite.tenants.roles import LOGIN_ROLES, ensure_database


def bootstrap(layout: Layout, *, database: str) -> None:
    """Create or mend the roles and the database on the running server; safe to repeat."""
    import psycopg

    words = passfile.ensure(layout.passfile, roles=(ADMIN, *LOGIN_ROLES))
    place = layout.database_settings(ADMIN, name="postgres")
    with psycopg.connect(
        host=place["HOST"],
        port=place["PORT"],
        user=place["USER"],
        dbname=place["NAME"],
        autocommit=True,
        **place["OPTIONS"],
    ) as admin:
        ensure_database(admin, name=database, passwords={role: words[role] for role in LOGIN_ROLES})
    layout.bootstrapped(database).touch()
