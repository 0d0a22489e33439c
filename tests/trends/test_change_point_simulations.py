"""The promises of tests/bench/change_point_simulations.py, over fewer rounds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.bench.change_point_simulations import (
    Promise,
    Rows,
    found,
    normal,
    quiet,
    rates,
    skewed,
    watch,
)

RANDOM = 20260101


def shifted(size: float, *, at: int = 50) -> Rows:
    rows = normal(np.random.default_rng(RANDOM), (20, 100))
    rows[3, at:] += size
    return rows


def test_a_thousand_quiet_series_of_a_hundred_versions_raise_no_alarm() -> None:
    assert watch(normal(np.random.default_rng(RANDOM), (1_000, 100))) == []


@pytest.mark.parametrize("draw", [normal, skewed, rates])
def test_few_of_many_quiet_tenants_are_alarmed(draw: Callable[..., Rows]) -> None:
    promise = Promise(f"quiet {draw.__name__}", "at most", 0.05, quiet(draw, n_series=10))
    assert promise.kept(promise.seen(40), rounds=40)


def test_a_planted_shift_is_found_and_located() -> None:
    (alarm,) = watch(shifted(4.0))
    assert (alarm.row, alarm.at) == (3, 50)
    assert alarm.looked < 60


def test_a_shift_is_mostly_found_within_a_few_versions() -> None:
    one = found(n_series=10, size=3, within=11, apart=2)
    promise = Promise("found", "at least", 0.9, one)
    assert promise.kept(promise.seen(40), rounds=40)


def test_a_rule_without_correction_would_break_the_promise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.bench.change_point_simulations.corrected", lambda e: [0.0] * len(e))
    monkeypatch.setattr("tests.bench.change_point_simulations.HORIZON", 0)
    assert Promise("none", "at most", 0.05, quiet(normal, n_series=10)).seen(3) == 1.0
