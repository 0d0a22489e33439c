"""What the doctor says of a database that is away, wrong, or of another time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connections

from evalsite.doctor import database, migrations, roles, wall
from evalsite.doctor.connect import session
from evalsite.tenants.roles import MAINT, OWNER, ROLES
from tests.doctor.conftest import Codes
from tests.services import Services

Patch = pytest.MonkeyPatch


def change(monkeypatch: Patch, alias: str = "default", **place: Any) -> None:
    """Have an alias lead elsewhere."""
    for name, value in place.items():
        monkeypatch.setitem(connections[alias].settings_dict, name.upper(), value)


def test_a_database_that_is_well(codes: Codes) -> None:
    of_database = (database.reach, database.server, database.clock, database.others)
    for ask in (*of_database, roles.ours, roles.others):
        assert codes(ask) == {"ok"}, ask


def test_a_database_that_is_away(codes: Codes, monkeypatch: Patch) -> None:
    change(monkeypatch, host="127.0.0.1", port="1")
    (found,) = database.reach()
    assert found.code == "database_unreachable"
    assert "refused" in found.told
    assert found.fix


def test_a_wrong_password_is_told_and_not_shown(db: None, monkeypatch: Patch) -> None:
    change(monkeypatch, password="a-wrong-word")
    (found,) = database.reach()
    assert found.code == "database_unreachable"
    assert "password authentication failed" in found.told
    assert "a-wrong-word" not in found.told + found.fix


def test_a_database_that_is_too_old(codes: Codes, monkeypatch: Patch) -> None:
    monkeypatch.setattr(database, "OLDEST", 990000)
    assert "database_old" in codes(database.server)


def test_connections_that_run_out(codes: Codes, monkeypatch: Patch) -> None:
    monkeypatch.setattr(database, "_FULL", 0)
    assert codes(database.server) == {"database_connections_few"}


@pytest.mark.parametrize(
    ("seconds", "level", "side"), [(5, "warning", "ahead of"), (-90, "error", "behind")]
)
def test_a_clock_that_errs(
    seconds: float, level: str, side: str, db: None, monkeypatch: Patch
) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)
    (found,) = database.clock()
    assert (found.code, found.level.value) == ("clocks_disagree", level)
    assert side in found.told


def test_an_owner_who_cannot_log_in(codes: Codes, monkeypatch: Patch) -> None:
    change(monkeypatch, "owner", password="a-wrong-word")
    assert codes(database.others) == {"ok", "role_cannot_login"}


@pytest.mark.parametrize("role", [OWNER, MAINT])
def test_a_role_that_would_see_every_tenant(
    role: str, codes: Codes, services: Services, monkeypatch: Patch
) -> None:
    change(monkeypatch, user=role, password=services.roles[role]["password"])
    assert codes(roles.ours) == {"role_unsafe"}


def test_a_superuser_is_told_which_role_to_be(
    db: None, services: Services, monkeypatch: Patch
) -> None:
    from evalsite.embedded.layout import ADMIN

    change(monkeypatch, user=ADMIN, password=services.roles[ADMIN]["password"])
    (found,) = roles.ours()
    assert found.code == "role_unsafe"
    assert "SUPERUSER" in found.told
    assert "evalsite_app" in found.fix


def test_a_role_that_is_stronger_than_it_has_to_be(codes: Codes, services: Services) -> None:
    with services.superuser() as superuser:
        superuser.execute(f"ALTER ROLE {MAINT} CREATEDB")
        try:
            (found,) = roles.others()
        finally:
            superuser.execute(f"ALTER ROLE {MAINT} NOCREATEDB")
    assert found.code == "role_too_strong"
    assert f"ALTER ROLE {MAINT} NOCREATEDB" in found.fix


def test_a_role_that_is_missing(codes: Codes, monkeypatch: Patch) -> None:
    monkeypatch.setattr(roles, "ROLES", (*ROLES, "evalsite_newest"))
    (found,) = roles.others()
    assert found.code == "role_missing"
    assert "evalsite_newest" in found.told


def test_migrations_that_are_applied(codes: Codes) -> None:
    assert codes(migrations.migrations) == {"ok"}


def test_a_migration_that_is_not_applied_and_one_of_a_newer_release(
    db: None, services: Services
) -> None:
    name = "WHERE app = 'pipeline' AND name = '0003_reporting'"
    with services.superuser() as superuser:
        superuser.execute(f"UPDATE django_migrations SET name = '9999_newer' {name}")
        try:
            lacking, beyond = migrations.migrations()
        finally:
            superuser.execute(
                f"UPDATE django_migrations SET name = '0003_reporting' "
                f"{name.replace('0003_reporting', '9999_newer')}"
            )
    assert (lacking.code, beyond.code) == ("migrations_unapplied", "migrations_unknown")
    assert "pipeline.0003_reporting" in lacking.told
    assert "pipeline.9999_newer" in beyond.told


def test_a_wall_that_stands(codes: Codes) -> None:
    assert codes(wall.wall) == {"ok"}


def test_a_hole_in_the_wall_is_told_by_the_id_of_its_check(services: Services, db: None) -> None:
    with services.superuser() as superuser:
        superuser.execute("ALTER TABLE cases_suite NO FORCE ROW LEVEL SECURITY")
        try:
            (found,) = wall.wall()
        finally:
            superuser.execute("ALTER TABLE cases_suite FORCE ROW LEVEL SECURITY")
    assert found.code == "evalsite.E002"
    assert "cases_suite" in found.told


def test_a_session_of_the_doctor_writes_nothing(db: None) -> None:
    import psycopg

    with session() as opened, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        opened.execute("CREATE TEMPORARY TABLE t AS SELECT 1; DELETE FROM django_session")
