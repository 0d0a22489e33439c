"""Nobody gets over a quota, also not those who add at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from evalsite.batches import steer
from evalsite.batches.models import Batch, BatchState
from evalsite.batches.plan import Sizing, plan_batch
from evalsite.cases.curate import create_suite, save_case, set_state
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.cases.queries import Selection
from evalsite.quotas.models import Spending
from evalsite.quotas.month import MONTH_QUOTA, Month
from evalsite.quotas.require import QuotaExceeded, require_money
from evalsite.quotas.set_quota import set_quota
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import MANIFEST, make_batch, make_revision, make_run

CASE: dict[str, Any] = {"input": {"question": "q"}, "expected": {"answer": 1}}


def at_once(work: Callable[[int], object], *, tenant_id: UUID, people: int) -> int:
    """Let several do something at the same time; answers how many were refused."""
    start = Barrier(people)

    def run(person: int) -> bool:
        try:
            with tenant(tenant_id):
                start.wait()
                work(person)
        except QuotaExceeded:
            return True
        finally:
            connection.close()
        return False

    with ThreadPoolExecutor(people) as pool:
        return sum(pool.map(run, range(people)))


def planned(case: TestCase) -> Batch:
    with transaction.atomic():
        return plan_batch(
            suite=case.suite,
            run=make_run(),
            options={},
            manifest=MANIFEST,
            selection=Selection(),
            repetitions=1,
            sizing=Sizing(1, 1),
            actor="",
        )


@pytest.fixture
def case(as_acme: Tenant) -> TestCase:
    """A case that batches can be planned of."""
    revision = make_revision(from_version=0)
    return TestCase.objects.select_related("suite").get(pk=revision.case_id)


def test_cases_stop_at_the_quota(as_acme: Tenant) -> None:
    suite = create_suite(name="s", pack="exact")
    set_quota(max_cases=1)
    case = save_case(suite, {"key": "a", **CASE})
    with pytest.raises(QuotaExceeded, match="may have 1 cases: with 1 new ones it would have 2"):
        save_case(suite, {"key": "b", **CASE})
    assert TestCase.objects.count() == 1
    assert set_state([case.pk], state=CaseState.RETIRED) == 1


def test_other_tenants_do_not_count(as_acme: Tenant, globex: Tenant) -> None:
    set_quota(max_cases=0)
    with tenant(globex.pk):
        save_case(create_suite(name="s", pack="exact"), {"key": "a", **CASE})
        assert TestCase.objects.count() == 1


def test_curators_of_several_suites_do_not_pass_it_together(committed_db: None) -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        suites = [create_suite(name=f"s{n}", pack="exact") for n in range(4)]
        set_quota(max_cases=2)

    def add(person: int) -> None:
        save_case(Suite.objects.get(pk=suites[person].pk), {"key": "a", **CASE})

    assert at_once(add, tenant_id=acme.pk, people=4) == 2
    with tenant(acme.pk):
        assert TestCase.objects.count() == 2


@pytest.mark.parametrize("state", [BatchState.RUNNING, BatchState.PAUSED])
def test_a_batch_in_flight_counts(state: BatchState, case: TestCase) -> None:
    make_batch(state=state)
    set_quota(max_batches_in_flight=1)
    with pytest.raises(QuotaExceeded, match="1 batches in flight: 1 run or are paused"):
        planned(case)


@pytest.mark.parametrize("state", [BatchState.FINISHED, BatchState.CANCELLED])
def test_one_that_is_over_does_not(state: BatchState, case: TestCase) -> None:
    make_batch(state=state)
    set_quota(max_batches_in_flight=1)
    assert planned(case).state == BatchState.RUNNING


def test_planners_do_not_pass_it_together(committed_db: None) -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        case = make_revision(from_version=0).case
        set_quota(max_batches_in_flight=1)
    assert at_once(lambda _: planned(case), tenant_id=acme.pk, people=4) == 3
    with tenant(acme.pk):
        assert Batch.objects.count() == 1


def test_a_batch_that_goes_on_again_needs_room(as_acme: Tenant) -> None:
    make_batch()
    set_quota(max_batches_in_flight=1)
    with pytest.raises(QuotaExceeded):
        steer.reopen_finished(make_batch(state=BatchState.FINISHED).pk)
    with pytest.raises(QuotaExceeded):
        steer.reopen(make_batch(state=BatchState.CANCELLED).pk)
    steer.reopen(make_batch(state=BatchState.PAUSED, paused_code="money_cap").pk)


def test_a_batch_that_the_month_paused_waits_for_money(as_acme: Tenant) -> None:
    set_quota(month_usd=5)
    month = Month.current()
    Spending.objects.update(spent_usd=5)
    batch = make_batch(state=BatchState.PAUSED, paused_code=MONTH_QUOTA)
    with pytest.raises(QuotaExceeded, match=f"quota of {month.first_day:%B %Y} is \\$5.00"):
        steer.reopen(batch.pk)
    set_quota(month_usd=6)
    assert steer.reopen(batch.pk).state == BatchState.RUNNING


def test_money_that_is_there_is_enough(as_acme: Tenant) -> None:
    require_money(Decimal(10**6))
    set_quota(month_usd=2)
    require_money(Decimal(2))
    with pytest.raises(QuotaExceeded):
        require_money(Decimal("2.01"))


def test_asking_again_does_not_help() -> None:
    assert (QuotaExceeded("").http_status, QuotaExceeded.code) == (403, "quota_exceeded")
