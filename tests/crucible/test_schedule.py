from __future__ import annotations

from collections import Counter

import pytest

from tests.crucible.faults import FAULTS
from tests.crucible.schedule import CONCURRENT, KINDS, MOST_STRIKES, TENANTS, plan_of

SEEDS = range(200)


def test_a_seed_gives_one_plan_and_another_gives_another() -> None:
    assert plan_of(7, FAULTS) == plan_of(7, FAULTS)
    assert len({plan_of(seed, FAULTS).strikes for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_is_ordered_by_every_tenant_somewhere(seed: int) -> None:
    orders = plan_of(seed, FAULTS).orders
    assert {order.kind for order in orders} == set(KINDS)
    assert {order.tenant for order in orders} == set(range(TENANTS))
    assert sorted(order.asked for order in orders)[-1] == CONCURRENT
    assert len({order.name for order in orders}) == len(orders)


def test_moments_and_lengths_are_those_of_the_table() -> None:
    for strike in (strike for seed in SEEDS for strike in plan_of(seed, FAULTS).strikes):
        shortest, longest = FAULTS[strike.code].lasts
        assert shortest <= strike.lasts <= longest
        assert 0 <= strike.at <= 2.5


def test_two_hundred_seeds_strike_with_every_fault_in_any_number() -> None:
    plans = [plan_of(seed, FAULTS) for seed in SEEDS]
    struck = Counter(strike.code for plan in plans for strike in plan.strikes)
    assert min(struck[code] for code in FAULTS) >= 5
    assert {len(plan.strikes) for plan in plans} == set(range(1, MOST_STRIKES + 1))
