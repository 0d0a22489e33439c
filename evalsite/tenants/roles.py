"""The database roles: who owns the tables, who may only see one tenant, who may look up or seal.

None is a superuser and none has BYPASSRLS. A database administrator creates them once; the
embedded server and `manage.py createroles` run the same statements.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

OWNER = "evalsite_owner"
APP = "evalsite_app"
MAINT = "evalsite_maint"
LOOKUP = "evalsite_lookup"
# Owns the function that links the audit trail's entries; nobody else can add a link.
NOTARY = "evalsite_notary"
# What dashboards read through: each tenant has a login role in it, see docs/monitoring.md.
READER = "evalsite_reader"
LOGIN_ROLES = (OWNER, APP, MAINT)
ROLES = (*LOGIN_ROLES, LOOKUP, NOTARY, READER)

_PLAIN = "NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION"


def ensure_roles(admin: psycopg.Connection, passwords: Mapping[str, str]) -> None:
    """Create or mend the roles; `passwords` maps each login role to its password."""
    existing = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
    for role in ROLES:
        verb = "ALTER" if role in existing else "CREATE"
        login = "LOGIN" if role in passwords else "NOLOGIN"
        admin.execute(
            sql.SQL("{} ROLE {} {} {}").format(
                sql.SQL(verb), sql.Identifier(role), sql.SQL(login), sql.SQL(_PLAIN)
            )
        )
    for role, password in passwords.items():
        admin.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        )
    # SET without INHERIT: a migration may hand an object over, but gains no rights by it.
    for role in (APP, MAINT, LOOKUP, NOTARY):
        admin.execute(
            sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(
                sql.Identifier(role), sql.Identifier(OWNER)
            )
        )


def ensure_database(admin: psycopg.Connection, *, name: str, passwords: Mapping[str, str]) -> None:
    """Create the roles and a database that the owner role owns; safe to repeat.

    `admin` is an autocommit connection of a role that may create roles and databases.
    """
    ensure_roles(admin, passwords)
    found = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    database, owner = sql.Identifier(name), sql.Identifier(OWNER)
    if not found:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                database, owner
            )
        )
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    admin.execute(
        sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}, {}").format(
            database, sql.Identifier(APP), sql.Identifier(MAINT)
        )
    )
    admin.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(READER))
    )
