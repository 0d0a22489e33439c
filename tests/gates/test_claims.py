from __future__ import annotations

from dataclasses import replace

import pytest

from evalsite.gates.claims import weigh_primary
from evalsite.gates.evidence import Evidence
from evalsite.gates.reasons import Code
from evalsite.gates.spec import Claim
from evalsite.regressions.metrics import metric
from evalsite.stats.estimates import estimate
from tests.gates.told import latencies, rates, spec


@pytest.mark.parametrize(
    ("claim", "margin", "lost", "gained", "code"),
    [
        ("non_inferiority", 0.05, 5, 5, "claim_shown"),
        ("non_inferiority", 0.05, 60, 5, "claim_refuted"),
        ("non_inferiority", 0.05, 20, 5, "claim_open"),
        ("non_inferiority", 0.05, 0, 60, "claim_shown"),
        ("superiority", 0.0, 5, 40, "claim_shown"),
        ("superiority", 0.0, 40, 5, "claim_refuted"),
        ("superiority", 0.0, 5, 8, "claim_open"),
        ("superiority", 0.05, 5, 5, "claim_refuted"),
        ("equivalence", 0.05, 5, 5, "claim_shown"),
        ("equivalence", 0.05, 60, 5, "claim_refuted"),
        ("equivalence", 0.05, 5, 60, "claim_refuted"),
        ("equivalence", 0.05, 5, 20, "claim_open"),
    ],
)
def test_a_claim_is_shown_refuted_or_open(
    claim: str, margin: float, lost: int, gained: int, code: str
) -> None:
    demanded = spec(margin, primary={"claim": claim})
    assert weigh_primary(demanded, rates(lost=lost, gained=gained, n=400)).code == code


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("claim_shown", "passed"), ("claim_refuted", "failed"), ("claim_open", "needs_review")],
)
def test_only_what_is_shown_passes(code: str, outcome: str) -> None:
    lost = {"claim_shown": 0, "claim_refuted": 60, "claim_open": 20}[code]
    reason = weigh_primary(spec(), rates(lost=lost, gained=0, n=400))
    assert (reason.code, reason.outcome) == (code, outcome)


def test_the_answer_is_the_intervals() -> None:
    evidence = rates(lost=20, gained=12, n=400)
    pairs = estimate(evidence.before, evidence.after)
    assert pairs is not None
    low, high = pairs.interval(confidence=0.95)
    above, below = spec(-low + 1e-6), spec(-low - 1e-6)
    assert weigh_primary(above, evidence).code == Code.CLAIM_SHOWN
    told = weigh_primary(below, evidence)
    assert (told.code, told.effect_low, told.effect_high) == (Code.CLAIM_OPEN, low, high)


def test_where_less_is_better_slower_is_worse() -> None:
    demanded = spec(50, primary={"metric": "latency_ms"})
    assert weigh_primary(demanded, latencies(0.0)).code == Code.CLAIM_SHOWN
    assert weigh_primary(demanded, latencies(-0.3)).code == Code.CLAIM_SHOWN
    slower = weigh_primary(demanded, latencies(0.3))
    assert (slower.code, slower.outcome) == (Code.CLAIM_REFUTED, "failed")
    assert (slower.effect or 0) > 0


def test_what_is_open_says_how_many_more_would_settle_it() -> None:
    reason = weigh_primary(spec(), rates(lost=20, gained=5, n=400))
    assert reason.more_cases is not None
    assert f"about {reason.more_cases:,} more cases would settle it" in reason.text
    more = reason.more_cases // 400 + 1
    longer = weigh_primary(spec(), rates(lost=20 * more, gained=5 * more, n=400 * more))
    assert longer.code == Code.CLAIM_SHOWN


def test_just_at_the_margin_nothing_settles_it() -> None:
    reason = weigh_primary(spec(), rates(lost=25, gained=5, n=400))
    assert (reason.code, reason.more_cases) == (Code.CLAIM_OPEN, None)
    assert "no number of cases in reach" in reason.text


def test_fewer_pairs_than_demanded_are_too_few() -> None:
    reason = weigh_primary(spec(min_pairs=100), rates(lost=0, gained=0, n=99))
    assert (reason.outcome, reason.code, reason.more_cases) == ("needs_review", "too_few_pairs", 1)


@pytest.mark.parametrize("n", [0, 1, 14])
def test_too_few_for_a_test_is_open(n: int) -> None:
    reason = weigh_primary(spec(), rates(lost=0, gained=0, n=n))
    assert (reason.outcome, reason.code, reason.p) == ("needs_review", "too_few_pairs", None)


def test_few_clusters_are_too_few_however_many_cases() -> None:
    evidence = replace(rates(lost=0, gained=1, n=400), clusters=["a", "b"] * 200)
    assert weigh_primary(spec(), evidence).code == Code.TOO_FEW_PAIRS


@pytest.mark.parametrize(
    ("n", "lost", "most", "code"),
    [
        (95, 5, 0.05, "claim_shown"),
        (94, 6, 0.05, "too_many_lost"),
        (94, 6, 0.06, "claim_shown"),
        (99, 1, 0.0, "too_many_lost"),
        (95, 1, 0.001, "claim_shown"),
    ],
)
def test_cases_that_got_lost_are_no_passes(n: int, lost: int, most: float, code: str) -> None:
    fine = rates(lost=0, gained=0, n=n)
    reason = weigh_primary(spec(0.06, max_left_out=most), replace(fine, lost=lost))
    assert reason.code == code


def test_what_was_lost_is_told() -> None:
    reason = weigh_primary(spec(), replace(rates(lost=0, gained=0, n=94), lost=6))
    assert reason.outcome == "needs_review"
    assert reason.text == "6 of the baseline's 100 cases have no pair: more than 5 %"


@pytest.mark.parametrize("absent", [Code.METRIC_ABSENT, Code.SLICE_ABSENT])
def test_what_is_absent_is_open(absent: Code) -> None:
    reason = weigh_primary(spec(), Evidence(metric("pass_rate"), [], [], absent=absent))
    assert (reason.outcome, reason.code) == ("needs_review", absent)


def test_alpha_widens_the_interval() -> None:
    strict, loose = spec(alpha=0.01), spec(alpha=0.1)
    evidence = rates(lost=12, gained=5, n=400)
    assert weigh_primary(strict, evidence).code == Code.CLAIM_OPEN
    assert weigh_primary(loose, evidence).code == Code.CLAIM_SHOWN
    assert "99 % interval" in weigh_primary(strict, evidence).text


@pytest.mark.parametrize("claim", list(Claim))
def test_it_says_what_it_claims(claim: Claim) -> None:
    text = weigh_primary(spec(primary={"claim": claim}), rates(lost=20, gained=12, n=400)).text
    words = {
        "non_inferiority": "not worse by 5 points or more",
        "superiority": "not better by 5 points",
    }
    assert words.get(claim, "alike within 5 points") in text
    assert "97.0 % -> 95.0 %, -2.0 points, 95 % interval -5.0 to +0.8, 400 pairs" in text
