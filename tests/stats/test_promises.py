"""The promises of tests/bench/*_simulations.py, over fewer rounds."""

from __future__ import annotations

import pytest

from tests.bench import change_simulations, interval_simulations, paired_simulations
from tests.bench.promises import Promise

# Those that take long are left to the scripts.
QUICK = (", n 30", ", n 100", "10 clusters of 10", "30 clusters", "naive", "regressed: n 100", "sd")
SLOW = (
    "false: graded",
    "BCa",
    "power: graded",
    "without skew",
    "long tail",
    "superiority",
    "within 3",
)
ROUNDS = 200


def quick() -> list[Promise]:
    rooms = (paired_simulations, interval_simulations, change_simulations)
    every = [promise for room in rooms for promise in room.promises()]
    short = [
        p for p in every if p.name.endswith(QUICK[:-3]) or any(w in p.name for w in QUICK[-3:])
    ]
    return [p for p in short if not any(word in p.name for word in SLOW)]


@pytest.mark.parametrize("promise", quick(), ids=lambda promise: promise.name)
def test_a_promise_is_kept(promise: Promise) -> None:
    assert promise.kept(promise.seen(ROUNDS), rounds=ROUNDS)


def coin(share: float, *, kind: str) -> Promise:
    return Promise("coin", share, lambda _: True, kind)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [("at most", True, False), ("at least", False, True), ("near", False, False)],
)
def test_a_broken_promise_is_seen(kind: str, low: bool, high: bool) -> None:
    promise = coin(0.5, kind=kind)
    assert promise.seen(10) == 1.0
    assert promise.kept(0.4, rounds=2_000) is low
    assert promise.kept(0.6, rounds=2_000) is high
    assert promise.kept(0.51, rounds=2_000)
