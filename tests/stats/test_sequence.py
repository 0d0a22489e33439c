"""The interval for looking at after every case: it must err no more than it says, and still end."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.intervals import Interval, mean_t
from evalsite.stats.sequence import (
    LARGEST,
    SHARES,
    SMALLEST,
    confidence_sequence,
    first_settled,
    look,
    tally,
)

differences = st.lists(st.floats(-1, 1).map(lambda x: round(x, 2)), min_size=1, max_size=60)
some = settings(max_examples=25, deadline=None)


def draws(gained: float, lost: float, *, runs: int, n: int) -> list[list[float]]:
    """Paired differences of pass or fail, `runs` times `n`, from a fixed seed."""
    shares = np.random.default_rng(20).random((runs, n))
    rows = np.where(shares < gained, 1.0, np.where(shares < gained + lost, -1.0, 0.0))
    return [list(row) for row in rows.tolist()]


def test_looked_at_after_every_case_it_errs_at_most_as_stated() -> None:
    runs = draws(0.2, 0.2, runs=400, n=300)
    assert sum(first_settled(run) is not None for run in runs) / 400 <= 0.05


def test_an_ordinary_interval_looked_at_so_errs_far_more_often() -> None:
    runs = draws(0.2, 0.2, runs=60, n=300)
    looks = [[mean_t(run[:n]) for n in range(15, 300, 10)] for run in runs]
    wrong = [any(one is not None and not one.low <= 0 <= one.high for one in run) for run in looks]
    assert sum(wrong) / 60 > 0.2


def test_a_difference_is_settled_on_its_side_and_cases_are_saved() -> None:
    runs = draws(0.1, 0.3, runs=40, n=600)
    settled = [first_settled(run) for run in runs]
    assert {side for found in settled if found for _, side in [found]} == {"below"}
    assert None not in settled
    assert sum(found[0] for found in settled if found) / 40 < 250


def test_not_worse_by_a_margin_is_settled_where_nothing_changed() -> None:
    run = [0.0] * 400
    assert first_settled(run) is None
    found = first_settled(run, threshold=-0.05)
    assert found is not None
    assert found[1] == "above"
    assert 50 < found[0] < 200


def test_a_bound_is_where_the_capital_reaches_40() -> None:
    # By the letter of the definition: 1 - c + c * y / mu, for each case and each share c.
    low = confidence_sequence({1.0: 30, 0.0: 50, -0.5: 20}).low
    step = (LARGEST / SMALLEST) ** (1 / (SHARES - 1))
    capital = 0.0
    for share in (SMALLEST * step**i for i in range(SHARES)):
        won, same, lost = (1 - share + share * y / ((low + 1) / 2) for y in (1.0, 0.5, 0.25))
        capital += won**30 * same**50 * lost**20 / SHARES
    assert capital == pytest.approx(40, rel=1e-4)


@some
@given(differences, st.randoms(use_true_random=False))
def test_it_holds_the_mean_and_does_not_mind_the_order(run: list[float], random: Random) -> None:
    low, high = confidence_sequence(tally(run))
    assert -1 <= low <= sum(run) / len(run) <= high <= 1
    mixed = random.sample(run, len(run))
    assert confidence_sequence(tally(mixed)) == pytest.approx((low, high), abs=1e-7)


@some
@given(differences)
def test_it_mirrors_better_and_worse(run: list[float]) -> None:
    low, high = confidence_sequence(tally(run))
    assert confidence_sequence(tally([-x for x in run])) == pytest.approx((-high, -low), abs=1e-6)


@some
@given(differences)
def test_more_confidence_and_more_cases(run: list[float]) -> None:
    narrow = confidence_sequence(tally(run), confidence=0.8)
    wide = confidence_sequence(tally(run), confidence=0.99)
    more = confidence_sequence({value: 4 * times for value, times in tally(run).items()})
    usual = confidence_sequence(tally(run))
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert more.high - more.low <= usual.high - usual.low + 1e-6


@some
@given(differences, st.floats(-0.9, 0.9))
def test_looks_and_the_replay_settle_alike(run: list[float], threshold: float) -> None:
    looks = [look(tally(run[:n]), planned=60, threshold=threshold) for n in range(1, len(run) + 1)]
    first = next(((one.n, one.settled) for one in looks if one.settled), None)
    assert first == first_settled(run, threshold=threshold)


def test_a_look_tells_what_is_saved() -> None:
    found = look({1.0: 40, 0.0: 160}, planned=1000)
    assert (found.n, found.mean, found.settled, found.saved) == (200, 0.2, "above", 800)
    assert 0 < found.interval.low < 0.2 < found.interval.high


def test_an_open_look_saves_nothing() -> None:
    found = look({1.0: 4, -1.0: 3}, planned=1000)
    assert (found.settled, found.saved) == (None, 0)


def test_chunks_add_up() -> None:
    run = draws(0.3, 0.1, runs=1, n=90)[0]
    chunks = tally(run[:30]) + tally(run[30:60]) + tally(run[60:])
    assert confidence_sequence(chunks) == confidence_sequence(tally(run))


def test_without_a_case_nothing_is_known() -> None:
    found = look({}, planned=10)
    assert (found.n, found.mean, found.settled) == (0, None, None)
    assert found.interval == Interval(-1.0, 1.0)
    assert first_settled([]) is None


@pytest.mark.parametrize("value", [1.5, -2.0, float("nan")])
def test_what_is_no_difference_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="from -1 to 1"):
        look({value: 1}, planned=1)


@pytest.mark.parametrize("threshold", [-1.0, 1.0, 3.0])
def test_a_threshold_that_cannot_be_crossed_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="not between"):
        first_settled([0.0], threshold=threshold)
