"""The real servers that the tests run on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo

from evalsite.embedded import passfile, supervisor
from evalsite.embedded.layout import ADMIN, Layout
from evalsite.tenants.roles import APP, MAINT, OWNER

DATABASE = "evalsite_test"
ALIASES = {"default": APP, "owner": OWNER, "maint": MAINT}
VARIABLES = {"DATABASE_URL": APP, "DATABASE_OWNER_URL": OWNER, "DATABASE_MAINT_URL": MAINT}


@dataclass(frozen=True)
class Services:
    """Where the servers are; `roles` holds what libpq needs to log in as each."""

    layout: Layout
    roles: Mapping[str, Mapping[str, Any]]

    @property
    def admin(self) -> str:
        """The connection string of the role that may create roles and databases."""
        return make_conninfo(**{**self.roles[ADMIN], "dbname": "postgres"})

    @contextmanager
    def superuser(self) -> Iterator[psycopg.Connection]:
        """Connect to the tests' database as one for whom there is no wall and no trigger."""
        with psycopg.connect(make_conninfo(self.admin, dbname=DATABASE), autocommit=True) as one:
            one.execute("SET session_replication_role = replica")
            yield one

    @property
    def broker_url(self) -> str:
        """Celery's URL of the broker."""
        return self.layout.broker_url

    def databases(self) -> dict[str, dict[str, Any]]:
        """Answer what to change in each of Django's database aliases."""
        return {
            alias: {
                "HOST": self.roles[role]["host"],
                "PORT": str(self.roles[role]["port"]),
                "USER": role,
                "PASSWORD": self.roles[role]["password"],
                "NAME": DATABASE,
            }
            for alias, role in ALIASES.items()
        }

    def environment(self) -> dict[str, str]:
        """Answer what makes a process of its own use the same servers."""
        urls = {
            variable: make_conninfo(**{**self.roles[role], "dbname": DATABASE})
            for variable, role in VARIABLES.items()
        }
        return {**urls, "BROKER_URL": self.broker_url}

    def embedded_environment(self) -> dict[str, str]:
        """Answer what makes a process take these servers for its own embedded ones."""
        return {"EVALSITE_DATA_DIR": str(self.layout.data), "DATABASE_NAME": DATABASE}


@contextmanager
def running_services(folder: Path | None = None) -> Iterator[Services]:
    """Run the servers until the block ends, with an empty database that the owner role owns.

    `folder` is where they keep everything; one is made, and removed, if none is given.
    """
    with ExitStack() as stack:
        # Sockets need a short path, shorter than pytest's own folders.
        made = folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="evalsite-"))
        layout = Layout(Path(made) / "data")
        supervisor.ensure_started(layout, database=DATABASE, bound=True)
        try:
            yield _services(layout)
        finally:
            supervisor.discard(layout)


@contextmanager
def moved(there: Services) -> Iterator[None]:
    """Let this process's own connections lead to another server for the block."""
    kept = {alias: dict(connections[alias].settings_dict) for alias in connections}
    _lead_to(there.databases())
    try:
        yield
    finally:
        _lead_to(kept)


def _lead_to(places: dict[str, dict[str, Any]]) -> None:
    for alias, place in places.items():
        connections[alias].close()
        connections[alias].settings_dict.update(place)


def _services(layout: Layout) -> Services:
    place = layout.database_settings(ADMIN, name="postgres")
    server = {"host": place["HOST"], "port": place["PORT"]}
    words = passfile.read(layout.passfile)
    roles = {role: {**server, "user": role, "password": words[role]} for role in words}
    return Services(layout, roles)
