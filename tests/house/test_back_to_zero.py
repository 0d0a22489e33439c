"""Migrations lead from nothing to the wall and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from evalsite.tenants.roles import LOGIN_ROLES, ensure_database
from tests.services import Services

SCRATCH = "test_evalsite_from_zero"
_LEFT = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND n.nspname IN ('public', 'app') AND relname <> 'django_migrations'
    UNION SELECT nspname::text FROM pg_namespace WHERE nspname = 'app'
"""


@pytest.fixture
def scratch(services: Services, django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """The owner's connection to an empty database, which is dropped after the test."""
    drop = f"DROP DATABASE IF EXISTS {SCRATCH} WITH (FORCE)"
    owner = connections["owner"]
    before = owner.settings_dict["NAME"]
    passwords = {role: services.roles[role]["password"] for role in LOGIN_ROLES}
    with psycopg.connect(services.admin, autocommit=True) as admin, django_db_blocker.unblock():
        admin.execute(drop)
        ensure_database(admin, name=SCRATCH, passwords=passwords)
        owner.close()
        owner.settings_dict["NAME"] = SCRATCH
        yield owner
        owner.close()
        owner.settings_dict["NAME"] = before
        admin.execute(drop)


def test_migrations_go_up_and_down(scratch: Any) -> None:
    call_command("migrate", verbosity=0)
    apps = {app for app, _ in MigrationRecorder(scratch).applied_migrations()}
    MigrationExecutor(scratch).migrate([(app, None) for app in sorted(apps)])
    assert not MigrationRecorder(scratch).applied_migrations()
    assert _left(scratch) == []


def _left(connection: Any) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_LEFT)
        return [name for (name,) in cursor.fetchall()]
