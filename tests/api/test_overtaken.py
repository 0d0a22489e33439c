"""Somebody else was faster: what PostgreSQL says then is a conflict, and no fault of ours."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from evalsite.api.frame.problems import answer_problem
from evalsite.tenants.models import Tenant


@pytest.mark.parametrize(
    ("sql", "status"),
    [
        ("INSERT INTO tenants_tenant SELECT * FROM tenants_tenant", 409),
        ("UPDATE tenants_tenant SET slug = NULL", None),
    ],
)
def test_a_taken_name_is_a_conflict_and_a_bug_is_none(
    sql: str, status: int | None, acme: Tenant
) -> None:
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(sql)
    answer = answer_problem(raised.value, {})
    assert (answer.status_code if answer else None) == status
