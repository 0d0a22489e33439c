"""The session follows the scope: over savepoints, failures, cursors and a pool."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from evalsite.cases.models import Suite
from evalsite.env import load
from evalsite.tenants import bootstrap
from evalsite.tenants.backend.base import DatabaseWrapper
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.factories import make_suite


def session_tenant() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.tenant_id', true)")
        return str(cursor.fetchone()[0])


def test_the_session_follows_the_scope(acme: Tenant, globex: Tenant) -> None:
    for one in (acme, globex, acme):
        with tenant(one.pk):
            assert session_tenant() == str(one.pk)
    assert session_tenant() == ""


def test_a_rolled_back_savepoint_leaves_the_scope_right(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            with tenant(globex.pk):
                assert session_tenant() == str(globex.pk)
            _ = 1 / 0
        assert session_tenant() == str(acme.pk)


def test_a_failed_transaction_shows_its_own_error(as_acme: Tenant, globex: Tenant) -> None:
    with pytest.raises(DatabaseError, match="nothing_of_that_name"), transaction.atomic():
        with connection.cursor() as cursor:
            try:
                cursor.execute("SELECT * FROM nothing_of_that_name")
            finally:
                # The transaction is broken: following must not send a statement into it.
                with tenant(globex.pk):
                    connection.ensure_connection()
                    connection.create_cursor()
    assert session_tenant() == str(as_acme.pk)


def test_an_open_cursor_follows_too(acme: Tenant, globex: Tenant) -> None:
    with connection.cursor() as cursor:
        for one in (acme, globex):
            with tenant(one.pk):
                cursor.execute("SELECT app.tenant_id()")
                assert cursor.fetchone() == (one.pk,)


def test_a_lazy_queryset_reads_for_the_tenant_at_the_time(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        make_suite(name="of-acme")
        lazy = Suite.objects.all()
    with tenant(globex.pk):
        assert list(lazy) == []


def test_following_costs_one_statement_per_switch(as_acme: Tenant) -> None:
    session_tenant()
    with CaptureQueriesContext(connection) as captured:
        for _ in range(5):
            Suite.objects.count()
    assert len(captured) == 5


@pytest.fixture
def pooled(committed_db: None) -> Iterator[DatabaseWrapper]:
    """A pool with one connection, as two tenants' requests would share it."""
    settings = connections["default"].settings_dict
    options = {**settings["OPTIONS"], "pool": {"min_size": 1, "max_size": 1}}
    wrapper = DatabaseWrapper({**settings, "OPTIONS": options, "CONN_MAX_AGE": 0}, alias="pooled")
    yield wrapper
    wrapper.close()
    wrapper.close_pool()


def test_a_pooled_connection_carries_no_tenant_over(pooled: DatabaseWrapper) -> None:
    tenants = [Tenant.objects.create(slug=slug, name=slug) for slug in ("acme", "globex")]
    seen = []
    for one in tenants * 2:
        with tenant(one.pk), pooled.cursor() as cursor:
            cursor.execute("SELECT app.tenant_id()")
            seen.append(cursor.fetchone()[0])
        pooled.close()
    assert seen == [one.pk for one in tenants * 2]


def test_a_pooled_connection_refuses_nobody(pooled: DatabaseWrapper) -> None:
    with tenant(Tenant.objects.create(slug="acme", name="Acme").pk), pooled.cursor() as cursor:
        cursor.execute("SELECT app.tenant_id()")
    pooled.close()
    with nobody(), pooled.cursor() as cursor, pytest.raises(DatabaseError, match="no tenant"):
        cursor.execute("SELECT app.tenant_id()")


def test_a_frozen_worker_cannot_hold_its_locks_for_good(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM"
            " current_setting('idle_in_transaction_session_timeout')::interval)"
        )
        (seconds,) = cursor.fetchone()
    assert seconds == int(load().lease_seconds + 5)


def test_a_bootstrap_question_leaves_the_session_as_it_is(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        assert session_tenant() == str(acme.pk)
        with nobody(), CaptureQueriesContext(connection) as asked:
            assert bootstrap.ask("memberships_of", 0) == []
            assert len(asked) == 1
        assert session_tenant() == str(acme.pk)
    with tenant(globex.pk):
        bootstrap.ask("tenants_with_work")
        assert session_tenant() == str(globex.pk)


def test_who_asks_next_is_followed_again(acme: Tenant) -> None:
    with tenant(acme.pk):
        make_suite()
    with nobody():
        bootstrap.ask("memberships_of", 0)
        with pytest.raises(DatabaseError, match="no tenant"), transaction.atomic():
            Suite.objects.count()


def test_a_bootstrap_question_that_fails_lets_the_session_follow(acme: Tenant) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), tenant(acme.pk):
        bootstrap.ask("memberships_of", "nobody's number")
    assert session_tenant() == ""
