"""The promises of tests/bench/paired_simulations.py, over fewer rounds."""

from __future__ import annotations

import pytest

from tests.bench.paired_simulations import Promise, promises

# Those that take long are left to the script.
QUICK = ("n 30", "n 100", "10 clusters of 10", "30 clusters", "naive")
SLOW = ("false: graded", "BCa", "power: graded", "long tail", "superiority")
ROUNDS = 200


def quick() -> list[Promise]:
    short = [p for p in promises() if p.name.endswith(QUICK) or "naive" in p.name]
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
