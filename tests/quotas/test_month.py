"""A month's model money: counted over all batches, never passed, however many spend it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evalsite.batches.models import Batch
from evalsite.batches.purse import BatchLedger
from evalsite.calls.ledger import Change, State
from evalsite.quotas.models import Spending
from evalsite.quotas.month import MONTH_QUOTA, Month
from evalsite.quotas.set_quota import set_quota
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch


def ledger(**fields: object) -> BatchLedger:
    """The ledger of a new batch, in this month."""
    return BatchLedger(make_batch(**fields).pk, month=Month.current())


def booked() -> list[Decimal]:
    """What all batches together, and the month, have set aside."""
    batches = sum(Batch.objects.values_list("booked_usd", flat=True), Decimal(0))
    return [batches, Spending.objects.get().booked_usd]


def test_it_is_this_month(as_acme: Tenant) -> None:
    assert Month.current().first_day == datetime.now(UTC).date().replace(day=1)


def test_all_batches_spend_the_same_month(as_acme: Tenant) -> None:
    for spent in (1, 2):
        ledger().settle(Change(spent=Decimal(spent)))
    assert Spending.objects.get().spent_usd == 3


def test_what_does_not_fit_into_the_month_is_not_booked(as_acme: Tenant) -> None:
    set_quota(month_usd=10)
    first, second = ledger(), ledger(max_cost_usd=3)
    assert first.reserve([Decimal(6)]) == [True]
    assert second.reserve([Decimal(2), Decimal(3), Decimal(1)]) == [True, False, True]
    assert first.reserve([Decimal(2)]) == [False]
    assert booked() == [Decimal(9)] * 2


def test_the_narrower_cap_is_told(as_acme: Tenant) -> None:
    set_quota(month_usd=10)
    assert ledger(max_cost_usd=3).state() == State(Decimal(3), Decimal(0), Decimal(0))
    wide = ledger(max_cost_usd=30).state()
    assert (wide.cap, wide.code) == (Decimal(10), MONTH_QUOTA)
    assert "$10.00, the tenant's quota of" in wide.in_words(Decimal(11))


def test_what_comes_back_fits_again(as_acme: Tenant) -> None:
    set_quota(month_usd=10)
    spender = ledger()
    spender.reserve([Decimal(10)])
    spender.settle(Change(released=Decimal(10), spent=Decimal(4)))
    assert spender.reserve([Decimal(7), Decimal(6)]) == [False, True]


def test_the_month_of_the_booking_gets_it_back(as_acme: Tenant) -> None:
    set_quota(month_usd=10)
    Month.current()
    november = Month(date(2020, 11, 1), is_capped=True)
    Spending.objects.create(month=november.first_day, booked_usd=4)
    BatchLedger(make_batch().pk, month=november).settle(Change(released=Decimal(4)))
    assert set(Spending.objects.values_list("booked_usd", flat=True)) == {Decimal(0)}


def test_a_quota_set_meanwhile_disturbs_no_booking(as_acme: Tenant) -> None:
    before = ledger(max_cost_usd=5)
    before.reserve([Decimal(5)])
    set_quota(month_usd=10)
    Month.current()
    before.settle(Change(released=Decimal(5), spent=Decimal(1)))
    assert booked() == [Decimal(0)] * 2
    assert Spending.objects.get().spent_usd == 1


def test_without_a_quota_a_reservation_is_one_statement(as_acme: Tenant) -> None:
    spender = ledger(max_cost_usd=9)
    with CaptureQueriesContext(connection) as said:
        spender.reserve([Decimal(1), Decimal(2)])
        spender.settle(Change(cached=3))
    assert len(said) == 2


def test_no_number_of_workers_passes_it(committed_db: None) -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        set_quota(month_usd=50)
        ledgers = [ledger(max_cost_usd=20) for _ in range(4)]

    def spend(worker: int) -> int:
        mine = ledgers[worker % 4]
        try:
            with tenant(acme.pk):
                granted = 0
                while mine.reserve([Decimal(1)]) == [True]:
                    granted += 1
                    if granted % 2:
                        mine.settle(Change(released=Decimal(1), spent=Decimal(1)))
                return granted
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(8))) == 50
    with tenant(acme.pk):
        month = Spending.objects.get()
        assert (month.spent_usd + month.booked_usd, booked()[0]) == (50, month.booked_usd)


@pytest.mark.parametrize(("cap", "room"), [(None, "Infinity"), (5, "2")])
def test_room_is_what_is_left(cap: int | None, room: str) -> None:
    state = State(None if cap is None else Decimal(cap), Decimal(1), Decimal(2))
    assert state.room == Decimal(room)
