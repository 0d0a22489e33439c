from __future__ import annotations

from typing import Any

import pytest

from evalsite.gates.evidence import Evidence
from evalsite.gates.guards import weigh_guards
from evalsite.gates.reasons import Reason
from evalsite.stats.corrections import holm
from tests.gates.told import latencies, rates, spec

TAG: dict[str, Any] = {"kind": "tag"}


def weighed(*guards: dict[str, Any], evidence: list[Evidence]) -> list[Reason]:
    return weigh_guards(spec(guards=list(guards)), evidence)


def on_tags(n: int, margin: float = 0.0) -> list[dict[str, Any]]:
    return [
        {"metric": "pass_rate", "slice": {**TAG, "value": str(i)}, "margin": margin}
        for i in range(n)
    ]


def test_no_guards_no_reasons() -> None:
    assert weighed(evidence=[]) == []


def test_harm_that_is_shown_fails() -> None:
    (reason,) = weighed(*on_tags(1), evidence=[rates(lost=12, gained=0, n=50)])
    assert (reason.outcome, reason.code) == ("failed", "harm_shown")
    assert reason.text.startswith("shown: harm (")


def test_harm_within_the_margin_passes() -> None:
    (reason,) = weighed(*on_tags(1, 0.2), evidence=[rates(lost=12, gained=0, n=50)])
    assert (reason.outcome, reason.code) == ("passed", "no_harm_shown")
    assert reason.text.startswith("not shown: harm beyond 20 points (")


def test_luck_among_many_is_no_harm() -> None:
    evidence = [rates(lost=6, gained=0, n=50), *[rates(lost=2, gained=2, n=50)] * 19]
    alone = weighed(*on_tags(1), evidence=evidence[:1])
    among = weighed(*on_tags(20), evidence=evidence)
    assert alone[0].outcome == "failed"
    assert {reason.outcome for reason in among} == {"passed"}
    assert [r.p_corrected for r in among] == holm([r.p for r in among if r.p is not None])


def test_a_guard_that_cannot_be_tested_stays_open_and_costs_the_others_nothing() -> None:
    evidence = [rates(lost=5, gained=0, n=14), rates(lost=12, gained=0, n=50)]
    open_one, harmed = weighed(*on_tags(2), evidence=evidence)
    assert (open_one.outcome, open_one.code) == ("needs_review", "too_few_pairs")
    assert open_one.more_cases == 1
    assert harmed.p_corrected == harmed.p


@pytest.mark.parametrize(
    ("change", "percent", "outcome"),
    [(0.1, 20, "passed"), (0.3, 20, "failed"), (-0.5, 0, "passed"), (0.1, 0, "failed")],
)
def test_a_margin_in_per_cent_is_of_the_baseline(
    change: float, percent: float, outcome: str
) -> None:
    guard = {"metric": "latency_ms", "margin_percent": percent}
    (reason,) = weighed(guard, evidence=[latencies(change, allowed=percent / 100)])
    assert (reason.outcome, reason.margin_percent) == (outcome, percent)


def test_half_of_alpha_is_the_guards() -> None:
    """Five of five that changed got worse: p is above 0.0125 and below 0.025."""
    evidence = rates(lost=5, gained=0, n=50)
    outcomes = [
        weigh_guards(spec(alpha=alpha, guards=on_tags(1)), [evidence])[0].outcome
        for alpha in (0.05, 0.025)
    ]
    assert outcomes == ["failed", "passed"]
