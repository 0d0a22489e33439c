"""The views of reports hold the wall, and a tenant's reader sees that tenant and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.reported import fill
from tests.services import DATABASE, Services

VIEWS = ("batches", "findings", "gate_checks", "results", "shifts", "slices", "versions")
every_view = pytest.mark.parametrize("view", VIEWS)


def count(view: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM reporting.{view}")
        return int(cursor.fetchone()[0])


def test_every_view_is_tested(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT viewname FROM pg_views WHERE schemaname = 'reporting' ORDER BY 1")
        assert tuple(name for (name,) in cursor.fetchall()) == VIEWS


@every_view
def test_a_tenant_sees_its_own(view: str, as_acme: Tenant) -> None:
    fill()
    assert count(view) > 0


@every_view
def test_another_tenant_sees_nothing(view: str, acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        fill()
    with tenant(globex.pk):
        assert count(view) == 0


@every_view
def test_nobody_is_refused(view: str, acme: Tenant) -> None:
    with tenant(acme.pk):
        fill()
    with nobody(), pytest.raises(DatabaseError, match="no tenant"), transaction.atomic():
        count(view)


def test_a_batch_is_one_row_with_its_headline(as_acme: Tenant) -> None:
    batch = fill()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT score, pass_rate, unscored_rate, verdict, client_version"
            " FROM reporting.batches WHERE batch_id = %s",
            [batch],
        )
        assert cursor.fetchall() == [(0.5, 0.5, 0.25, "regressed", "1.6")]


Ask = Callable[[str], list[Any]]
LogIn = Callable[[Tenant], AbstractContextManager[Ask]]


@pytest.fixture
def log_in(services: Services, committed_db: None) -> Iterator[LogIn]:
    """Make a tenant's reader as docs/monitoring.md says, and let the test ask as it."""
    made: list[str] = []
    with psycopg.connect(services.admin, autocommit=True) as admin:

        @contextmanager
        def opened(one: Tenant, *, name: str | None = None) -> Iterator[Ask]:
            role = name or f"evalsite_reader_{one.pk.hex}"
            admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret' IN ROLE evalsite_reader")
            made.append(role)
            place = {**services.roles["evalsite_app"], "user": role, "password": "secret"}
            with psycopg.connect(**place, dbname=DATABASE, autocommit=True) as reader:
                yield lambda sql: reader.execute(sql).fetchall()

        yield opened
        for role in made:
            admin.execute(f"DROP ROLE {role}")


@pytest.fixture
def two(committed_db: None) -> tuple[Tenant, Tenant]:
    """Two tenants with rows in each view."""
    acme, globex = (Tenant.objects.create(slug=slug, name=slug) for slug in ("acme", "globex"))
    for one in (acme, globex):
        with tenant(one.pk):
            fill()
    return acme, globex


def test_a_reader_sees_its_tenant_in_every_view(two: Any, log_in: LogIn) -> None:
    acme, _ = two
    with tenant(acme.pk):
        own = {view: count(view) for view in VIEWS}
    with log_in(acme) as ask:
        assert {view: ask(f"SELECT count(*) FROM reporting.{view}")[0][0] for view in VIEWS} == own


def test_a_reader_cannot_say_that_it_is_another(two: Any, log_in: LogIn) -> None:
    acme, globex = two
    with tenant(acme.pk):
        own = count("batches")
    with log_in(acme) as ask:
        ask(f"SELECT set_config('app.tenant_id', '{globex.pk}', false)")
        ask("SELECT set_config('role', 'none', false)")
        assert ask("SELECT count(*) FROM reporting.batches") == [(own,)]
        assert ask("SELECT id FROM batches_batch") != []
        for sql in ("SET SESSION AUTHORIZATION evalsite_app", "SET ROLE evalsite_app"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(sql)
        with pytest.raises(psycopg.Error, match="cannot be renamed"):
            ask(f"ALTER ROLE evalsite_reader_{acme.pk.hex} RENAME TO evalsite_reader_x")


FORBIDDEN = (
    "SELECT answer FROM targets_output",
    "SELECT connection FROM targets_run",
    "SELECT manifest FROM batches_batch",
    "SELECT username FROM auth_user",
    "SELECT slug FROM tenants_tenant",
    "SELECT * FROM app.tenants_with_work()",
    "SELECT * FROM app.memberships_of(1)",
    "UPDATE batches_batch SET state = 'finished'",
    "DELETE FROM summaries_summary",
    "CREATE TABLE stray (x int)",
    "CREATE TEMPORARY TABLE stray (x int)",
)


def test_a_reader_may_do_nothing_else(two: Any, log_in: LogIn) -> None:
    with log_in(two[0]) as ask:
        for sql in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(sql)


def test_a_reader_whose_name_holds_no_tenant_sees_nothing(two: Any, log_in: Any) -> None:
    with log_in(two[0], name="evalsite_reader_acme") as ask:
        with pytest.raises(psycopg.Error, match="reads for no tenant") as refused:
            ask("SELECT * FROM reporting.batches")
    assert refused.value.sqlstate == "P0T01"
