from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

from evalsite.tenants.models import Tenant
from evalsite.tenants.statistics import MANY, refresh_statistics
from tests.factories import make_case, make_suite


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


def test_a_few_rows_are_not_worth_it(as_acme: Tenant) -> None:
    before = known_rows("cases_testcase")
    make_case()
    refresh_statistics("cases_testcase", rows=MANY - 1)
    assert known_rows("cases_testcase") == before


def test_only_known_tables_are_analysed(as_acme: Tenant) -> None:
    with pytest.raises(DatabaseError, match="not a table to analyse"):
        refresh_statistics("auth_user; DROP TABLE auth_user", rows=MANY)
