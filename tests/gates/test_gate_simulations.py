"""A few rounds of `tests/bench/gate_simulations.py`: enough to catch a test at the wrong level.

Of 400 rounds at 2.5 % more than 20 err in 1 of 1,000 such tests; the seeds are fixed.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.gate_simulations import latency, outcomes, rate

ROUNDS = 400
MOST_AT_HALF_ALPHA = 20


@pytest.mark.parametrize(
    "given",
    [
        {"n": 150, "primary": rate(0.05)},
        {"n": 150, "margin": 0.0, "claim": "superiority"},
        {"n": 400, "primary": rate(0.05, changed=0.1), "claim": "equivalence"},
        {"n": 400, "primary": rate(-0.05, changed=0.1), "claim": "equivalence"},
    ],
    ids=["non_inferiority", "superiority", "equivalence_below", "equivalence_above"],
)
def test_a_system_just_at_the_margin_seldom_passes(given: dict[str, Any]) -> None:
    assert 0 < outcomes(ROUNDS, **given)["passed"] <= MOST_AT_HALF_ALPHA


def test_a_system_that_is_alike_seldom_fails_whatever_guards_it_has() -> None:
    guards = tuple(("pass_rate", rate(0.0), {"margin": 0.0}) for _ in range(8))
    assert 0 < outcomes(ROUNDS, n=60, guards=guards)["failed"] <= 2 * MOST_AT_HALF_ALPHA


def test_a_guard_just_at_its_margin_seldom_fails() -> None:
    slow = (("latency_ms", latency(0.2), {"margin_percent": 20.0}),)
    assert 0 < outcomes(ROUNDS, n=60, guards=slow)["failed"] <= MOST_AT_HALF_ALPHA


def test_what_is_much_worse_is_found() -> None:
    guards = (("pass_rate", rate(0.0), {"margin": 0.0}), ("pass_rate", rate(0.2), {"margin": 0.0}))
    assert outcomes(100, n=300, guards=guards)["failed"] >= 95
    assert outcomes(100, n=300, primary=rate(0.18))["failed"] >= 95
