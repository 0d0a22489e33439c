"""Power: published figures, one formula the inverse of the other, and more is more."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.paired_rates import mcnemar
from evalsite.stats.power import (
    cases_to_settle,
    detectable,
    needed_cases,
    needed_pairs,
    power_of_mean,
    power_of_rates,
)

effects = st.floats(0.02, 1.0)
sizes = st.integers(3, 500)


@pytest.mark.parametrize(
    ("effect", "n"),
    # Cohen 1988: 80 % power of a paired t test, two-sided at 5 %.
    [(0.2, 199), (0.5, 34), (0.8, 15)],
)
def test_the_known_numbers_of_pairs(effect: float, n: int) -> None:
    assert needed_cases(effect, sd=1.0) == n


def test_without_a_difference_power_is_alpha() -> None:
    assert power_of_mean(0.0, sd=0.3, n=50) == pytest.approx(0.05)
    assert power_of_mean(0.0, sd=0.3, n=50, alpha=0.2) == pytest.approx(0.2)


@settings(max_examples=50)
@given(st.floats(0.01, 2), sizes, st.floats(0.5, 0.95))
def test_what_is_detectable_is_detected(sd: float, n: int, power: float) -> None:
    effect = detectable(sd, n=n, power=power)
    assert effect is not None
    assert power_of_mean(effect, sd=sd, n=n) == pytest.approx(power, abs=1e-6)


@settings(max_examples=50)
@given(effects, st.floats(0.05, 1))
def test_needed_cases_are_enough_and_no_more(effect: float, sd: float) -> None:
    n = needed_cases(effect, sd=sd)
    assert n is not None
    assert power_of_mean(effect, sd=sd, n=n) >= 0.8
    assert n == 2 or power_of_mean(effect, sd=sd, n=n - 1) < 0.8


@given(effects, sizes)
def test_more_cases_more_effect_less_spread_more_power(effect: float, n: int) -> None:
    base = power_of_mean(effect, sd=0.5, n=n)
    assert 0 <= base <= 1
    assert base <= power_of_mean(effect, sd=0.5, n=n + 1) + 1e-9
    assert base <= power_of_mean(1.1 * effect, sd=0.5, n=n) + 1e-9
    assert power_of_mean(effect, sd=0.6, n=n) <= base + 1e-9
    assert power_of_mean(-effect, sd=0.5, n=n) == base


def test_power_stays_a_number_far_out() -> None:
    assert power_of_mean(5.0, sd=0.1, n=100_000) == 1.0
    assert power_of_mean(1e-9, sd=1.0, n=100_000) == pytest.approx(0.05, abs=1e-4)


def test_clusters_cost_their_design_effect() -> None:
    assert needed_cases(0.5, sd=1.0, design_effect=5) == pytest.approx(5 * 34, abs=5)
    alone, together = detectable(0.4, n=100), detectable(0.4, n=500, design_effect=5)
    assert together == pytest.approx(alone)


def test_constant_differences_are_found_at_once_and_none_never() -> None:
    assert power_of_mean(0.1, sd=0.0, n=5) == 1.0
    assert power_of_mean(0.0, sd=0.0, n=5) == 0.0
    assert detectable(0.0, n=5) == 0.0
    assert needed_cases(0.1, sd=0.0) == 2
    assert needed_cases(0.0, sd=0.3) is None


@pytest.mark.parametrize("n", [0, 1])
def test_one_case_finds_nothing(n: int) -> None:
    assert power_of_mean(0.5, sd=0.1, n=n) == 0.0
    assert detectable(0.3, n=n) is None


def test_what_is_out_of_reach_has_no_number() -> None:
    assert needed_cases(0.0001, sd=1.0) is None
    assert needed_pairs(0.0001, changed=0.5) is None
    assert needed_pairs(0.0, changed=0.5) is None


def test_the_power_of_few_pairs_by_hand() -> None:
    # Every one of ten cases changes, three quarters of them for the better.
    chances = (comb(10, k) * 0.75**k * 0.25 ** (10 - k) for k in range(11))
    wanted = sum(c for k, c in enumerate(chances) if mcnemar(10 - k, k) <= 0.05)
    assert power_of_rates(0.5, changed=1.0, n=10) == pytest.approx(wanted)


def test_too_few_changed_pairs_can_never_be_significant() -> None:
    assert power_of_rates(1.0, changed=1.0, n=5) == 0.0
    assert power_of_rates(1.0, changed=1.0, n=6) == 1.0
    assert power_of_rates(0.0, changed=0.0, n=100) == 0.0


@settings(max_examples=50)
@given(st.floats(0.05, 1), st.floats(0, 1), st.integers(1, 2_000))
def test_rates_have_a_power_that_mirrors(changed: float, share: float, n: int) -> None:
    effect = share * changed
    power = power_of_rates(effect, changed=changed, n=n)
    assert -1e-9 <= power <= 1 + 1e-9
    assert power_of_rates(-effect, changed=changed, n=n) == pytest.approx(power, abs=1e-9)


@settings(max_examples=50)
@given(st.floats(0.01, 0.7), st.integers(1, 2_000))
def test_the_rule_for_rates_keeps_its_alpha(changed: float, n: int) -> None:
    assert power_of_rates(0.0, changed=changed, n=n) <= 0.0502


def test_where_almost_all_cases_change_a_mid_p_may_pass_alpha() -> None:
    assert 0.05 < power_of_rates(0.0, changed=1.0, n=43) < 0.07


def test_needed_pairs_are_near_the_published_formula() -> None:
    # Connor 1987: (1.96 sqrt(0.2) + 0.8416 sqrt(0.2 - 0.01))^2 / 0.01 = 154.6.
    n = needed_pairs(0.1, changed=0.2)
    assert n is not None
    assert 154 <= n <= 165
    assert power_of_rates(0.1, changed=0.2, n=n) >= 0.8


@pytest.mark.parametrize(("effect", "changed"), [(0.3, 0.2), (-0.3, 0.2), (0.3, 1.1)])
def test_more_difference_than_change_is_refused(effect: float, changed: float) -> None:
    with pytest.raises(ValueError, match="cannot be the difference"):
        power_of_rates(effect, changed=changed, n=100)


def test_a_comparison_goes_on_until_it_would_be_settled() -> None:
    needed = needed_cases(0.05, sd=0.4)
    assert needed is not None
    assert cases_to_settle(0.05, sd=0.4, n=100) == needed - 100
    assert cases_to_settle(-0.05, sd=0.4, n=100) == needed - 100
    assert cases_to_settle(0.05, sd=0.4, n=needed + 7) == 0


def test_a_margin_settles_what_is_alike() -> None:
    assert cases_to_settle(0.0, sd=0.4, n=100) is None
    alike = needed_cases(0.1, sd=0.4)
    assert alike is not None
    assert cases_to_settle(0.0, sd=0.4, n=100, margin=0.1) == alike - 100
    assert cases_to_settle(0.09, sd=0.4, n=100, margin=0.1) == cases_to_settle(0.09, sd=0.4, n=100)


@settings(max_examples=30)
@given(st.floats(0.05, 0.5), st.floats(0.1, 1))
def test_needed_pairs_are_enough_and_fall_with_the_effect(changed: float, share: float) -> None:
    effect = share * changed
    n = needed_pairs(effect, changed=changed)
    assert n is not None
    assert power_of_rates(effect, changed=changed, n=n) >= 0.8
    assert needed_pairs(-effect, changed=changed) == n
    bigger = needed_pairs(effect, changed=changed, power=0.9)
    assert bigger is not None
    assert bigger >= n


@settings(max_examples=30)
@given(st.floats(0.01, 0.5), st.floats(0.05, 0.5), st.integers(15, 400), st.floats(0, 0.5))
def test_more_seen_is_less_to_come(effect: float, sd: float, n: int, margin: float) -> None:
    more = cases_to_settle(effect, sd=sd, n=n, margin=margin)
    later = cases_to_settle(effect, sd=sd, n=n + 50, margin=margin)
    assert more is not None
    assert later is not None
    assert 0 <= later <= more
    assert more - later <= 50
    assert cases_to_settle(-effect, sd=sd, n=n, margin=margin) == more
    assert (cases_to_settle(effect, sd=sd, n=n) or 0) >= more
