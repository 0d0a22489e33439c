"""How many tasks an experiment needs, foreseen from an earlier comparison of its suite."""

from __future__ import annotations

import pytest

from evalsite.experiments.foresee import distance_of, needs, seen_spread
from evalsite.experiments.models import Experiment
from evalsite.stats.power import needed_cases
from tests.factories import make_batch, make_comparison, make_regression, make_suite

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.mark.parametrize(
    ("claim", "gain", "distance"),
    [
        ("non_inferiority", 0.0, 0.05),
        ("non_inferiority", -0.05, 0.0),
        ("superiority", 0.08, 0.03),
        ("superiority", 0.0, -0.05),
    ],
)
def test_the_distance_is_to_the_margin(claim: str, gain: float, distance: float) -> None:
    asked = Experiment(claim=claim, margin=0.05)
    assert distance_of(asked, gain=gain) == pytest.approx(distance)


def test_the_spread_is_read_back_from_the_newest_interval() -> None:
    batch = make_batch(suite=make_suite())
    comparison = make_comparison(batch=batch)
    reach = 1.959964 * 0.3 / 100**0.5
    ends = {"effect_low": 0.02 - reach, "effect_high": 0.02 + reach, "n_pairs": 100}
    make_regression(comparison=comparison, metric="score", **ends)
    make_regression(comparison=comparison, metric="latency_ms", **ends)
    seen = seen_spread(batch.suite, metric="score")
    assert seen is not None
    assert seen.spread == pytest.approx(0.3, rel=1e-4)
    assert seen_spread(batch.suite, metric="cost_usd") is None
    assert seen_spread(make_suite(), metric="score") is None


def test_needs_are_those_of_the_paired_test() -> None:
    asked = Experiment(claim="non_inferiority", margin=0.05, alpha=0.025)
    (need,) = needs(asked, distance=0.05, spreads=[0.3], tasks=100)
    wanted = [needed_cases(0.05, sd=0.3, alpha=0.05, power=power) for power in (0.8, 0.9)]
    assert need.tasks == wanted
    assert need.shown is not None
    assert needed_cases(need.shown, sd=0.3) == pytest.approx(100, abs=1)


def test_what_cannot_be_shown_needs_no_number() -> None:
    asked = Experiment(claim="superiority", margin=0.05)
    (need,) = needs(asked, distance=-0.05, spreads=[0.3], tasks=0)
    assert (need.tasks, need.shown) == ([None, None], None)
