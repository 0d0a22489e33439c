"""The money cap: set aside before, settled after, and never passed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from evalsite.batches.models import Batch
from evalsite.batches.purse import BatchLedger
from evalsite.calls import purse, retry
from evalsite.calls.ask import Asker
from evalsite.calls.ledger import Change
from evalsite.endpoints.models import Endpoint
from evalsite.quotas.month import Month
from judges.models import Halt, ModelError
from tests.calls.counter import Counter, question
from tests.factories import make_batch
from tests.fake_model import FAILED, RESET, FakeModel, Fault, rate_limited
from tests.model_rows import make_price


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once, and give room up soon."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(purse, "PATIENCE_S", 0.1)


@pytest.fixture
def capped(fake: FakeModel) -> Callable[[str], Counter]:
    """Ask on the account of a batch with a cap; each token said costs a dollar."""
    make_price(model="m", usd_in=0, usd_out=999_999)

    def counter(cap: str) -> Counter:
        return Counter(make_batch(max_cost_usd=Decimal(cap)))

    return counter


def stands(counter: Counter) -> tuple[float, float]:
    row = Batch.objects.get(pk=counter.batch.pk)
    return round(float(row.spent_usd), 2), round(float(row.booked_usd), 2)


def test_what_was_set_aside_is_settled(capped: Callable[[str], Counter]) -> None:
    counter = capped("30")
    counter.ask("a", "b", "c")
    assert stands(counter) == (3, 0)


def test_at_the_cap_no_call_goes_out(capped: Callable[[str], Counter], fake: FakeModel) -> None:
    counter = capped("9.9")
    with pytest.raises(Halt) as halted:
        counter.ask("a")
    assert halted.value.code == "money_cap"
    assert "$9.9" in halted.value.reason
    assert fake.calls == []


def test_room_that_comes_back_is_used(capped: Callable[[str], Counter], fake: FakeModel) -> None:
    """Ten dollars may be out at once, and each call gives nine back."""
    fake.latency_s = 0.01
    counter = capped("20")
    counter.ask(*(f"text {n}" for n in range(10)))
    assert stands(counter) == (10, 0)
    assert fake.most_at_once <= 2


def test_an_unknown_price_is_refused_under_a_cap(fake: FakeModel) -> None:
    with pytest.raises(Halt) as halted:
        Counter(make_batch(max_cost_usd=1)).ask("a")
    assert halted.value.code == "price_unknown"
    assert fake.calls == []


def test_an_endless_reply_is_refused_under_a_cap(capped: Callable[[str], Counter]) -> None:
    async def main(asker: Asker) -> None:
        await asker.chat(question("a", max_tokens=None))

    with pytest.raises(Halt, match="max_tokens"):
        capped("30").run(main)


@pytest.mark.parametrize("fault", [Fault(status=400), FAILED, rate_limited(3600)])
def test_what_was_refused_costs_nothing(
    fault: Fault, capped: Callable[[str], Counter], fake: FakeModel
) -> None:
    fake.say, counter = fault, capped("30")
    with pytest.raises((ModelError, Halt)):
        counter.ask("a")
    assert stands(counter) == (0, 0)


def test_nobody_there_costs_nothing(capped: Callable[[str], Counter]) -> None:
    Endpoint.objects.update(base_url="http://127.0.0.1:9/v1")
    counter = capped("30")
    with pytest.raises(ModelError, match="model_unreachable"):
        counter.ask("a")
    assert stands(counter) == (0, 0)


@pytest.mark.parametrize("fault", [RESET, Fault(wait_s=0.5), Fault(body="no json")])
def test_what_broke_off_may_have_cost(
    fault: Fault, capped: Callable[[str], Counter], fake: FakeModel
) -> None:
    Endpoint.objects.update(timeout_s=0.1)
    fake.say = lambda call: fault if len(fake.calls) == 1 else "OK"
    counter = capped("30")
    with suppress(ModelError):  # no json is no reply, and is not asked for again
        counter.ask("a")
    assert stands(counter)[1] == 10


def test_a_known_reply_needs_no_money(capped: Callable[[str], Counter], fake: FakeModel) -> None:
    capped("30").ask("a")
    broke = capped("0")
    assert broke.ask("a")[0].usage.cached
    assert stands(broke) == (0, 0)


def test_a_mock_needs_no_money(capped: Callable[[str], Counter]) -> None:
    async def main(asker: Asker) -> Any:
        return await asker.chat(replace(question("a"), endpoint="mock"))

    assert capped("0").run(main).usage.cost_usd == 0


def test_what_fits_is_granted_in_order(as_acme: object) -> None:
    batch = make_batch(max_cost_usd=Decimal(10))
    ledger = BatchLedger(batch.pk, month=Month.current())
    wanted = [Decimal(n) for n in (4, 5, 3, 1, 1)]
    assert ledger.reserve(wanted) == [True, True, False, True, False]
    assert ledger.state().booked == 10


def test_a_change_is_added_to_what_is_there(as_acme: object) -> None:
    ledger = BatchLedger(make_batch(booked_usd=5, spent_usd=1).pk, month=Month.current())
    ledger.settle(Change(released=Decimal(2), spent=Decimal("0.5"), calls=3))
    assert ledger.state()[1:3] == (Decimal("1.5"), Decimal(3))
    assert not Change()
