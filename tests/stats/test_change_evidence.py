"""Evidence of a shift while a series grows: seldom where it is quiet, soon where it shifts."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.stats.change_evidence import SHIFTS, change_evidence

series = st.lists(st.integers(-999, 999).map(float), max_size=40)
few = settings(max_examples=30)


def quiet(n: int, *, ties: bool) -> list[list[float]]:
    """Series of 100 without a shift; with ties pass rates of 20 cases."""
    random = np.random.default_rng(11)
    rows = random.binomial(20, 0.8, (n, 100)) / 20 if ties else random.standard_t(2, (n, 100))
    return [list(row) for row in rows.tolist()]


@few
@given(series, st.integers(-9, 9))
def test_what_was_judged_stays_so(values: list[float], more: int) -> None:
    assert change_evidence([*values, float(more)])[:-1] == change_evidence(values)


@few
@given(series)
def test_only_ranks_count(values: list[float]) -> None:
    evidence = change_evidence(values)
    assert change_evidence([v**3 + 5 for v in values]) == evidence
    assert len(evidence) == len(values)
    assert all(0 < one < float("inf") for one in evidence)


@few
@given(st.lists(st.integers(-999, 999).map(float), unique=True, max_size=40))
def test_up_and_down_count_alike(values: list[float]) -> None:
    assert change_evidence([-v for v in values]) == pytest.approx(change_evidence(values))


def test_evidence_is_the_mean_over_all_bets_by_hand() -> None:
    # Ranks 1 of 1, 2 of 2, 2 of 3: scores from the upper half, then from the middle third.
    shifts = np.array([sign * s for s in SHIFTS for sign in (1, -1)])
    scores = [NormalDist().inv_cdf((i + 0.5) / 60_000) for i in range(60_000)]
    upper, middle = (
        np.exp(np.multiply.outer(shifts, part) - shifts[:, None] ** 2 / 2).mean(axis=1)
        for part in (scores[30_000:], scores[20_000:40_000])
    )
    wanted = [1.0, (2 * upper).mean(), ((1 + 2 * upper) * middle).mean()]
    assert change_evidence([0.0, 2.0, 1.0]) == pytest.approx(wanted, rel=0.02)


@pytest.mark.parametrize("ties", [False, True])
def test_a_quiet_series_alarms_as_seldom_as_said(ties: bool) -> None:
    evidence = np.array([change_evidence(row) for row in quiet(500, ties=ties)])
    for limit in (500, 2_000):
        promised = 100 / limit
        luck = 3 * (promised * (1 - promised) / 500) ** 0.5
        assert (evidence.max(axis=1) >= limit).mean() <= promised + luck
    # The promise is not kept by saying nothing.
    assert (evidence.max(axis=1) >= 200).mean() > 0.1


@pytest.mark.parametrize(("by", "most"), [(2.0, 10), (3.0, 7), (-3.0, 7)])
def test_a_shift_raises_an_alarm_within_a_few_versions(by: float, most: int) -> None:
    random = np.random.default_rng(12)
    rows = random.normal(size=(60, 60)) + by * (np.arange(60) >= 40)
    evidence = np.array([change_evidence(row) for row in rows.tolist()])
    alarmed = (evidence[:, 40:] >= 2_000).argmax(axis=1)[(evidence >= 2_000).any(axis=1)]
    assert len(alarmed) >= 57
    assert np.median(alarmed) < most


def test_one_bad_version_is_no_alarm() -> None:
    values = np.random.default_rng(13).normal(size=40).tolist()
    evidence = change_evidence([*values[:30], -1e9, *values[31:]])
    assert max(evidence) < 500


def test_all_alike_is_quiet() -> None:
    assert max(change_evidence([0.9] * 100)) < 2_000
    assert change_evidence([]) == []


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no finite number"):
        change_evidence([0.5, float("nan")])
