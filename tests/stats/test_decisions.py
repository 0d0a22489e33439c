"""Decisions: the interval's place beside the margin, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.stats.decisions import Outcome, equivalence, non_inferiority, superiority
from evalsite.stats.estimates import Estimate, MeanEstimate, RateEstimate, estimate

rates = st.builds(
    lambda gained, lost, alike: RateEstimate(gained, lost, gained + lost + alike),
    *(st.integers(0, 100), st.integers(0, 100), st.integers(1, 300)),
)
means = st.builds(
    lambda effect, se, units: MeanEstimate(effect, se, units),
    *(st.floats(-0.5, 0.5), st.floats(0.001, 0.3), st.integers(2, 400)),
)
estimates: st.SearchStrategy[Estimate] = st.one_of(rates, means)
margins = st.floats(0.001, 0.5)


@pytest.mark.parametrize(
    ("effect", "better", "no_worse", "alike"),
    [
        (0.10, True, True, False),
        (0.03, False, True, True),
        (0.00, False, True, True),
        (-0.03, False, True, True),
        (-0.05, False, False, False),
        (-0.10, False, False, False),
    ],
)
def test_the_three_claims_beside_one_another(
    effect: float, better: bool, no_worse: bool, alike: bool
) -> None:
    # The 95 % interval reaches 0.0395 to both sides; the margin is 0.07.
    found = MeanEstimate(effect, 0.02, 150)
    made = superiority(found), non_inferiority(found, margin=0.07), equivalence(found, margin=0.07)
    assert [d.outcome is Outcome.SHOWN for d in made] == [better, no_worse, alike]


@given(estimates, margins)
def test_a_claim_is_shown_when_the_interval_lies_on_its_side(
    found: Estimate, margin: float
) -> None:
    for decision, above, below in (
        (superiority(found, margin=margin), margin, 9.0),
        (non_inferiority(found, margin=margin), -margin, 9.0),
        (equivalence(found, margin=margin), -margin, margin),
    ):
        assert decision.interval is not None
        low, high = decision.interval
        if min(abs(low - above), abs(high - below)) > 1e-6:
            assert (decision.outcome is Outcome.SHOWN) == (low > above and high < below)


@given(estimates, margins)
def test_better_implies_no_worse_and_alike_implies_no_worse(found: Estimate, margin: float) -> None:
    no_worse = non_inferiority(found, margin=margin)
    assert no_worse.p_value is not None
    for stronger in (superiority(found), equivalence(found, margin=margin)):
        assert stronger.p_value is not None
        assert no_worse.p_value <= stronger.p_value + 1e-9


@given(estimates, margins)
def test_a_wider_margin_is_easier(found: Estimate, margin: float) -> None:
    for claim in (non_inferiority, equivalence):
        tight, wide = claim(found, margin=margin), claim(found, margin=2 * margin)
        assert tight.p_value is not None
        assert wide.p_value is not None
        assert 0 <= wide.p_value <= tight.p_value + 1e-9 <= 1 + 1e-9


@given(estimates, margins)
def test_better_by_more_is_harder(found: Estimate, margin: float) -> None:
    more, less = superiority(found, margin=2 * margin), superiority(found, margin=margin)
    assert more.p_value is not None
    assert less.p_value is not None
    assert 0 <= less.p_value <= more.p_value + 1e-9 <= 1 + 1e-9


@given(rates, margins)
def test_equivalence_does_not_mind_the_direction(found: RateEstimate, margin: float) -> None:
    turned = RateEstimate(found.lost, found.gained, found.n)
    there, back = equivalence(found, margin=margin), equivalence(turned, margin=margin)
    assert there.p_value == pytest.approx(back.p_value, abs=1e-9)


def test_the_reason_is_the_interval_and_the_limits() -> None:
    found = RateEstimate(5, 5, 100)
    alike, no_worse = equivalence(found, margin=0.05), non_inferiority(found, margin=0.1)
    assert alike.why == "the 95% interval -0.0702 to 0.0702 does not lie within -0.05 to 0.05"
    assert no_worse.why == "the 95% interval -0.0702 to 0.0702 lies above -0.1"
    assert no_worse.claim == "not worse by 0.1 or more"


@given(means, margins)
def test_so_many_times_the_cases_would_show_it(found: MeanEstimate, margin: float) -> None:
    decision = non_inferiority(found, margin=margin)
    assert (decision.times is None) == (
        decision.outcome is Outcome.SHOWN or found.effect <= -margin + 1e-12
    )
    if decision.times is not None and found.units > 30:
        more = MeanEstimate(found.effect, found.se / decision.times**0.5, found.units)
        assert non_inferiority(more, margin=margin).outcome is Outcome.SHOWN


def test_four_in_five_is_2_8_standard_errors_away() -> None:
    # The margin is one standard error away, where 2.8 are needed: 2.8^2 times.
    times = non_inferiority(MeanEstimate(-0.02, 0.03, 100_000), margin=0.05).times
    assert times == pytest.approx(7.85, abs=0.01)


def test_an_exact_0_is_alike_and_not_better() -> None:
    found = estimate([0.5] * 200, [0.5] * 200)
    assert superiority(found).outcome is Outcome.NOT_SHOWN
    assert equivalence(found, margin=0.05).outcome is Outcome.SHOWN


@pytest.mark.parametrize("n", [0, 1, 14])
def test_too_few_pairs_need_review_without_p(n: int) -> None:
    decision = non_inferiority(estimate([0.5] * n, [0.9] * n), margin=0.1)
    assert (decision.outcome, decision.p_value) == (Outcome.NEEDS_REVIEW, None)
    assert decision.interval is None
    assert "fewer than" in decision.why


def test_too_few_clusters_need_review() -> None:
    found = estimate([0.5] * 40, [0.6, 0.7] * 20, clusters=[i // 10 for i in range(40)])
    assert superiority(found).outcome is Outcome.NEEDS_REVIEW


@pytest.mark.parametrize("margin", [-0.1, float("nan")])
def test_a_margin_below_0_is_refused(margin: float) -> None:
    for claim in (superiority, non_inferiority, equivalence):
        with pytest.raises(ValueError, match="a margin is 0 or more"):
            claim(RateEstimate(1, 1, 20), margin=margin)
