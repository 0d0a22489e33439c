"""Pairs of systems: the same decisions as `stats.paired` takes, for hundreds at once."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.leaderboard.duels import Duel, duels, shown_better
from evalsite.leaderboard.field import Field
from evalsite.stats.corrections import holm
from evalsite.stats.estimates import estimate
from evalsite.stats.paired import compare_scores

Scores = npt.NDArray[np.float64]


def passes(seed: int, *, systems: int, cases: int, missing: float = 0.0) -> Scores:
    """Systems of different skill on cases of different ease, some cells without a verdict."""
    dice = np.random.default_rng(seed)
    ease, skill = dice.normal(size=cases), np.linspace(1, -0.5, systems)
    drawn = (dice.logistic(size=(systems, cases)) < ease + skill[:, None]).astype(float)
    return np.where(dice.random(drawn.shape) < missing, np.nan, drawn)


def grades(seed: int, *, systems: int, cases: int, missing: float = 0.0) -> Scores:
    """The same, graded and skewed."""
    dice = np.random.default_rng(seed)
    passed = passes(seed, systems=systems, cases=cases, missing=missing)
    return passed * (1 - dice.beta(1, 6, size=passed.shape)) ** 2


def numbered(cases: int, *, of: int) -> npt.NDArray[np.int64]:
    """Clusters of so many cases each."""
    return np.arange(cases) // of


def common(field: Field, duel: Duel) -> tuple[list[float], list[float], list[int] | None]:
    """The scores of both systems in the cases that both have, and these cases' clusters."""
    one, other = field.scores[duel.first], field.scores[duel.second]
    both = ~np.isnan(one) & ~np.isnan(other)
    clusters = None if field.clusters is None else field.clusters[both].tolist()
    return one[both].tolist(), other[both].tolist(), clusters


FIELDS = {
    "pass or fail": Field(passes(1, systems=6, cases=400)),
    "pass or fail, few changed": Field(passes(2, systems=6, cases=40)),
    "pass or fail, gaps": Field(passes(3, systems=6, cases=300, missing=0.2)),
    "graded, flipped": Field(grades(4, systems=5, cases=80, missing=0.1)),
    "graded, by t": Field(grades(5, systems=6, cases=420, missing=0.1)),
    "clusters, flipped": Field(passes(6, systems=5, cases=200), numbered(200, of=10)),
    "clusters, by t": Field(grades(7, systems=4, cases=700, missing=0.1), numbered(700, of=2)),
    "one in parts only": Field(np.vstack([passes(8, systems=3, cases=350), np.full(350, 0.5)])),
}


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_each_p_is_that_of_compare_scores(field: Field) -> None:
    found = list(duels(field))
    assert len(found) == math.comb(len(field.scores), 2)
    for duel in found:
        before, after, clusters = common(field, duel)
        alone = compare_scores(before, after, clusters=clusters)
        assert (duel.effect, duel.p_value) == pytest.approx((alone.effect, alone.p_value), rel=1e-6)


def test_many_graded_systems_are_tested_by_t_however_few_the_cases() -> None:
    field = Field(grades(9, systems=16, cases=60))
    for duel in duels(field):
        before, after, _ = common(field, duel)
        found = estimate(before, after)
        assert found is not None
        assert duel.p_value == pytest.approx(2 * min(found.p_above(0), found.p_below(0)), rel=1e-6)


def test_too_few_common_cases_are_not_tested() -> None:
    scores = np.ones((2, 29))
    scores[0, :14], scores[1, 28:] = np.nan, np.nan
    assert not list(duels(Field(scores)))
    assert len(list(duels(Field(scores[:, :28])))) == 0
    assert len(list(duels(Field(np.ones((2, 15)))))) == 1


def test_too_few_clusters_are_not_tested() -> None:
    scores = passes(1, systems=2, cases=100)
    assert not list(duels(Field(scores, numbered(100, of=25))))
    assert list(duels(Field(scores, numbered(100, of=20))))


def test_the_same_answers_do_not_differ() -> None:
    row = grades(1, systems=1, cases=50)
    (duel,) = duels(Field(np.vstack([row, row])))
    assert (duel.effect, duel.p_value) == (0, 1)


@pytest.mark.parametrize("fewest", [0, 1])
def test_a_field_of_one_or_none_has_no_pairs(fewest: int) -> None:
    assert shown_better(Field(np.ones((fewest, 20)))).shape == (fewest, fewest)


def test_what_is_shown_is_what_holm_leaves() -> None:
    field = FIELDS["pass or fail, gaps"]
    found, signs = list(duels(field)), shown_better(field)
    for duel, p in zip(found, holm([duel.p_value for duel in found]), strict=True):
        sign = int(np.sign(duel.effect)) if p < 0.05 else 0
        assert signs[duel.second, duel.first] == sign == -signs[duel.first, duel.second]
    assert 0 < np.count_nonzero(signs) < signs.size - len(signs)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_the_order_of_cases_says_nothing(seed: int, graded: bool) -> None:
    make = grades if graded else passes
    scores = make(seed, systems=4, cases=45, missing=0.2)
    shuffled = scores[:, np.random.default_rng(seed).permutation(45)]
    ps = [[duel.p_value for duel in duels(Field(of))] for of in (scores, shuffled)]
    assert ps[0] == pytest.approx(ps[1], rel=1e-9)


def test_luck_shows_something_on_few_boards() -> None:
    dice, wrong = np.random.default_rng(11), 0
    for _ in range(400):
        ease = dice.random(120)
        wrong += bool(shown_better(Field((dice.random((6, 120)) < ease).astype(float))).any())
    # 5 % of 400 boards are 20; more than 31 come with a chance below 0.01.
    assert wrong <= 31
