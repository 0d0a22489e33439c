"""The catalogue's rules hold, and each breach of the wall turns them red."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections

from evalsite.tenants.checks import catalogue_faults, check_models
from evalsite.tenants.wall import GUARD

TABLE = "cases_suite"
BREACHES = {
    "guard dropped": (
        "evalsite.E002",
        f"DROP POLICY tenant_guard ON {TABLE}",
        f"CREATE POLICY tenant_guard ON {TABLE} AS RESTRICTIVE FOR ALL TO evalsite_app"
        f" USING ({GUARD}) WITH CHECK ({GUARD})",
    ),
    "guard opened": (
        "evalsite.E002",
        f"ALTER POLICY tenant_guard ON {TABLE} USING (true)",
        f"ALTER POLICY tenant_guard ON {TABLE} USING ({GUARD})",
    ),
    "force dropped": (
        "evalsite.E002",
        f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY",
    ),
    "security disabled": (
        "evalsite.E002",
        f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
    ),
    "open policy added": (
        "evalsite.E012",
        f"CREATE POLICY stray ON {TABLE} FOR ALL TO evalsite_app USING (true)",
        f"DROP POLICY stray ON {TABLE}",
    ),
    "unknown table": (
        "evalsite.E002",
        "CREATE TABLE stray (tenant_id uuid); GRANT SELECT ON stray TO evalsite_app",
        "DROP TABLE stray",
    ),
    "plain foreign key": (
        "evalsite.E004",
        "ALTER TABLE cases_testcase ADD CONSTRAINT stray FOREIGN KEY (suite_id)"
        " REFERENCES cases_suite (id)",
        "ALTER TABLE cases_testcase DROP CONSTRAINT stray",
    ),
    "global unique key": (
        "evalsite.E005",
        f"CREATE UNIQUE INDEX stray ON {TABLE} (name)",
        "DROP INDEX stray",
    ),
    "truncate granted": (
        "evalsite.E008",
        f"GRANT TRUNCATE ON {TABLE} TO evalsite_app",
        f"REVOKE TRUNCATE ON {TABLE} FROM evalsite_app",
    ),
    "partition granted": (
        "evalsite.E008",
        "CREATE TABLE stray (tenant_id uuid) PARTITION BY HASH (tenant_id);"
        "CREATE TABLE stray_0 PARTITION OF stray FOR VALUES WITH (MODULUS 1, REMAINDER 0);"
        "GRANT SELECT ON stray_0 TO evalsite_app",
        "DROP TABLE stray",
    ),
    "view with its owner's rights": (
        "evalsite.E009",
        f"CREATE VIEW stray AS SELECT * FROM {TABLE}",
        "DROP VIEW stray",
    ),
    "unknown definer function": (
        "evalsite.E010",
        "CREATE FUNCTION app.stray() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION app.stray()",
    ),
    "reader let in elsewhere": (
        "evalsite.E013",
        "GRANT SELECT ON targets_output TO evalsite_reader",
        "REVOKE SELECT ON targets_output FROM evalsite_reader",
    ),
    "reader let write": (
        "evalsite.E013",
        f"GRANT UPDATE ON {TABLE} TO evalsite_reader",
        f"REVOKE UPDATE ON {TABLE} FROM evalsite_reader",
    ),
    "reader's policy opened": (
        "evalsite.E013",
        f"ALTER POLICY reader ON {TABLE} USING (true)",
        f"ALTER POLICY reader ON {TABLE} USING (tenant_id = (SELECT app.reader_tenant()))",
    ),
    "reader let see people": (
        "evalsite.E013",
        "GRANT SELECT (username) ON auth_user TO evalsite_reader",
        "REVOKE SELECT (username) ON auth_user FROM evalsite_reader",
    ),
    "index that is never used": (
        "evalsite.E011",
        "CREATE INDEX stray ON cases_testcase USING gin (metadata)",
        "DROP INDEX stray",
    ),
    "index without the tenant": (
        "evalsite.E006",
        "CREATE TABLE stray (tenant_id uuid, x int); CREATE INDEX ON stray (x)",
        "DROP TABLE stray",
    ),
}


@contextmanager
def breached(breach: str, mend: str) -> Iterator[None]:
    """Break the wall as its owner, and mend it again."""
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(breach)
    try:
        yield
    finally:
        with owner.cursor() as cursor:
            cursor.execute(mend)


def found() -> set[str]:
    return {str(fault.id) for fault in catalogue_faults()}


def test_the_catalogue_is_sound(committed_db: None) -> None:
    assert list(catalogue_faults()) == []


def test_the_models_are_sound() -> None:
    assert check_models() == []


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found(name: str, committed_db: None) -> None:
    rule, breach, mend = BREACHES[name]
    with breached(breach, mend):
        assert rule in found()
    assert found() == set()
