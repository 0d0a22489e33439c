from __future__ import annotations

from collections.abc import Iterator
from threading import Timer
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from evalsite.tenants import statistics
from evalsite.tenants.models import Tenant
from evalsite.tenants.statistics import MANY, refresh_statistics
from tests.factories import make_case, make_suite
from tests.services import Services


def known_rows(table: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        return float(cursor.fetchone()[0])


def test_the_planner_learns_of_many_rows(as_acme: Tenant) -> None:
    suite = make_suite()
    for _ in range(3):
        make_case(suite=suite)
    refresh_statistics("cases_testcase", rows=MANY)
    assert known_rows("cases_testcase") == 3


@pytest.fixture
def other(services: Services) -> Iterator[psycopg.Connection]:
    """Another who has the table analysed, and holds it."""
    with services.superuser() as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE cases_testcase IN SHARE UPDATE EXCLUSIVE MODE")
        yield connection


def test_a_table_that_another_is_at_is_waited_for(
    as_acme: Tenant,
    other: psycopg.Connection,
    django_capture_on_commit_callbacks: Any,
) -> None:
    before = known_rows("cases_testcase")
    make_case()
    with django_capture_on_commit_callbacks() as callbacks:
        refresh_statistics("cases_testcase", "cases_revision", rows=MANY)
    assert known_rows("cases_testcase") == before
    (callback,) = callbacks
    soon = Timer(0.3, other.rollback)
    soon.start()
    callback()
    soon.join()
    assert known_rows("cases_testcase") == 1


def test_nobody_is_waited_for_too_long(
    as_acme: Tenant,
    other: psycopg.Connection,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "_PATIENCE_MS", 50)
    with django_capture_on_commit_callbacks(execute=True):
        refresh_statistics("cases_testcase", rows=MANY)
    assert "cases_testcase is not analysed" in caplog.text


def test_a_few_rows_are_not_worth_it(as_acme: Tenant) -> None:
    before = known_rows("cases_testcase")
    make_case()
    refresh_statistics("cases_testcase", rows=MANY - 1)
    assert known_rows("cases_testcase") == before


def test_only_known_tables_are_analysed(as_acme: Tenant) -> None:
    with pytest.raises(DatabaseError, match="not a table to analyse"):
        refresh_statistics("auth_user; DROP TABLE auth_user", rows=MANY)
