from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.agreement import cohen_kappa
from evalsite.stats.confusion import Confusion
from evalsite.stats.intervals import wilson

counts = st.integers(min_value=0, max_value=60)
tables = st.builds(Confusion, counts, counts, counts, counts)


def test_the_example_of_altman_and_bland() -> None:
    """BMJ 308:1552, 1994: 258 abnormal and 86 normal livers; 231 and 54 are found to be so."""
    table = Confusion(231, 32, 27, 54)
    assert table.sensitivity().value == pytest.approx(0.895, abs=5e-4)
    assert table.specificity().value == pytest.approx(0.628, abs=5e-4)
    assert (table.sensitivity().n, table.specificity().n) == (258, 86)


def test_nothing_is_no_rate() -> None:
    assert Confusion().agreement() == (None, None, 0)
    assert Confusion(5, 0, 0, 0).specificity().value is None
    assert Confusion(5, 0, 0, 0).kappa().coefficient is None


@given(tables)
def test_rates_are_wilsons(table: Confusion) -> None:
    for rate in (table.agreement(), table.sensitivity(), table.specificity()):
        if rate.value is None or rate.interval is None:
            assert rate.n == 0
        else:
            assert rate.interval == wilson(round(rate.value * rate.n), rate.n)
            assert rate.interval.low <= rate.value <= rate.interval.high


@given(tables)
def test_agreement_is_made_of_both_rates(table: Confusion) -> None:
    sensitive, specific = table.sensitivity(), table.specificity()
    hits = (sensitive.value or 0) * sensitive.n + (specific.value or 0) * specific.n
    assert hits == pytest.approx(table.both_passed + table.both_failed)


@given(tables, st.randoms(use_true_random=False))
def test_kappa_is_that_of_the_cases_in_any_order(table: Confusion, dice: Random) -> None:
    pairs = [("passed", "passed")] * table[0] + [("passed", "failed")] * table[1]
    pairs += [("failed", "passed")] * table[2] + [("failed", "failed")] * table[3]
    dice.shuffle(pairs)
    judge, people = [a for a, _ in pairs], [b for _, b in pairs]
    wanted = cohen_kappa(judge, people, categories=("passed", "failed"))
    assert table.kappa().coefficient == pytest.approx(wanted.coefficient, nan_ok=True)


@given(tables)
def test_swapping_judge_and_people_keeps_the_agreement(table: Confusion) -> None:
    other = Confusion(table[0], table[2], table[1], table[3])
    assert table.kappa().coefficient == pytest.approx(other.kappa().coefficient)
    assert table.ac1().coefficient == pytest.approx(other.ac1().coefficient)


@given(tables, tables)
def test_tables_add_up(one: Confusion, other: Confusion) -> None:
    assert one.plus(other).n == one.n + other.n
