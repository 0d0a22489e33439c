"""Two curators at once: they take turns, and no change is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from evalsite.cases.apply import lock
from evalsite.cases.curate import CaseChanged, create_suite, save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant

CASE: dict[str, Any] = {"input": {"question": "q"}, "expected": {"answer": 1}}


@pytest.fixture
def shared(committed_db: None) -> Suite:
    """A suite that other connections see."""
    with tenant(Tenant.objects.create(slug="acme", name="Acme").pk):
        return create_suite(name="shared", pack="exact")


def at_once(suite: Suite, work: Callable[[int], object], *, people: int) -> list[object]:
    start = Barrier(people)

    def run(person: int) -> object:
        try:
            with tenant(suite.tenant.pk):
                start.wait()
                return work(person)
        finally:
            connection.close()

    with ThreadPoolExecutor(people) as pool:
        return list(pool.map(run, range(people)))


def test_curators_of_one_suite_take_turns(shared: Suite) -> None:
    def add_five(person: int) -> None:
        mine = Suite.objects.get(pk=shared.pk)
        for number in range(5):
            save_case(mine, {"key": f"{person}-{number}", **CASE})

    at_once(shared, add_five, people=4)
    with tenant(shared.tenant.pk):
        shared.refresh_from_db()
        versions = Revision.objects.values_list("from_version", flat=True)
        assert sorted(versions) == list(range(1, 21))
        assert (shared.version, TestCase.objects.count()) == (20, 20)


def test_a_batch_may_refer_to_a_suite_that_a_curator_holds(shared: Suite) -> None:
    def refer(_: int) -> object:
        with connection.cursor() as cursor:
            # What the foreign key of a new batch asks.
            cursor.execute("SELECT 1 FROM cases_suite FOR KEY SHARE NOWAIT")
            return cursor.fetchone()

    with tenant(shared.tenant.pk), transaction.atomic():
        lock(shared)
        assert at_once(shared, refer, people=1) == [(1,)]


def test_one_of_two_edits_of_one_revision_wins(shared: Suite) -> None:
    with tenant(shared.tenant.pk):
        save_case(shared, {"key": "k", **CASE})

    def edit(person: int) -> str:
        try:
            save_case(shared, {"key": "k", **CASE, "category": f"by {person}"}, based_on=1)
        except CaseChanged:
            return "told"
        return "won"

    assert sorted(at_once(shared, edit, people=2), key=str) == ["told", "won"]
    with tenant(shared.tenant.pk):
        spans = Revision.objects.order_by("number").values_list("from_version", "until_version")
        assert list(spans) == [(1, 2), (2, None)]
