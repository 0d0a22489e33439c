"""Have the tables the shape that this checkout wants?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.apps import apps
from django.db.migrations.loader import MigrationLoader
from psycopg.errors import UndefinedTable

from evalsite.doctor.connect import session
from evalsite.doctor.finding import Finding, fail, ok, warn

_NAMED: Final = 3


def migrations() -> Iterator[Finding]:
    """Is each migration of this checkout applied, and none that it does not know?"""
    known = set(MigrationLoader(None).disk_migrations)
    applied = _applied()
    lacking, beyond = known - applied, {one for one in applied - known if _is_ours(one[0])}
    if lacking:
        fix = "python manage.py migrate   # then restart web, workers and coordinators"
        yield fail("migrations_unapplied", f"{_named(lacking)} not applied", fix=fix)
    if beyond:
        told = f"the database is newer than this checkout: it has {_named(beyond)}"
        yield warn("migrations_unknown", told, fix="install the release that made them, here too")
    if not (lacking or beyond):
        yield ok(f"all {len(known)} are applied")


def _applied() -> set[tuple[str, str]]:
    with session() as opened:
        try:
            return {(app, name) for app, name in opened.execute(_ASKED)}
        except UndefinedTable:
            return set()


_ASKED: Final = "SELECT app, name FROM django_migrations"


def _is_ours(label: str) -> bool:
    return label in apps.app_configs


def _named(found: set[tuple[str, str]]) -> str:
    names = [f"{app}.{name}" for app, name in sorted(found)]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
