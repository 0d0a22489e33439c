from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.gates.check import GateUnfit, Held, check
from evalsite.gates.models import GateCheck
from evalsite.gates.queries import held
from evalsite.gates.spec import GateSpec
from evalsite.regressions.models import Comparison
from tests.factories import make_gate
from tests.gates.conftest import Compared
from tests.gates.told import spec

EARLIER = timezone.now() - timedelta(days=1)


def checked(comparison: Comparison, demanded: GateSpec, **fields: Any) -> GateCheck:
    return check(Held(**{"name": "g", "declared_at": EARLIER, **fields}, spec=demanded), comparison)


def codes(made: GateCheck) -> dict[str, str]:
    return {reason["title"]: reason["code"] for reason in made.reasons}


def test_the_same_again_passes(compared: Compared) -> None:
    made = checked(compared("P" * 80 + "F" * 20, "P" * 80 + "F" * 20), spec(0.06))
    assert (made.outcome, codes(made)) == ("passed", {"pass_rate": "claim_shown"})


def test_a_fall_beyond_the_margin_fails(compared: Compared) -> None:
    made = checked(compared("P" * 100, "P" * 60 + "F" * 40), spec(0.06))
    assert (made.outcome, codes(made)) == ("failed", {"pass_rate": "claim_refuted"})
    (reason,) = made.reasons
    assert (reason["effect"], reason["n_pairs"], reason["margin"]) == (-0.4, 100, 0.06)


def test_too_little_to_say_needs_review(compared: Compared) -> None:
    made = checked(compared("P" * 30, "P" * 29 + "F"), spec(0.06))
    assert (made.outcome, codes(made)) == ("needs_review", {"pass_rate": "claim_open"})


def test_one_harmed_slice_fails_what_passes_as_a_whole(compared: Compared) -> None:
    tag = {"kind": "tag", "value": "hard"}
    demanded = spec(0.2, guards=[{"metric": "pass_rate", "slice": tag, "margin": 0.0}])
    made = checked(compared("P" * 300, "FPP" * 15 + "PPP" * 85), demanded)
    assert made.outcome == "failed"
    told = {"pass_rate": "claim_shown", "pass_rate [tag: hard]": "harm_shown"}
    assert codes(made) == told


@pytest.mark.parametrize(("value", "code"), [("soft", "slice_absent"), ("hard", "too_few_pairs")])
def test_a_slice_that_cannot_be_tested_is_open(value: str, code: str, compared: Compared) -> None:
    guard = {"metric": "score", "slice": {"kind": "tag", "value": value}, "margin": 0.5}
    made = checked(compared("P" * 42, "P" * 42), spec(0.2, guards=[guard]))
    assert (made.outcome, codes(made)[f"score [tag: {value}]"]) == ("needs_review", code)


def test_a_metric_that_nobody_told_is_open(compared: Compared) -> None:
    guards = [{"metric": "cost_usd", "margin": 1.0}, {"metric": "stage:poetry", "margin": 0.1}]
    made = checked(compared("P" * 80, "P" * 80), spec(0.2, guards=guards))
    assert made.outcome == "needs_review"
    assert codes(made)["cost_usd"] == codes(made)["stage:poetry"] == "metric_absent"


def test_a_slower_answer_fails_by_its_guard(compared: Compared) -> None:
    demanded = spec(0.2, guards=[{"metric": "latency_ms", "margin_percent": 20}])
    slow = compared("P" * 80, "P" * 80, before_ms=100.0, ms=130.0)
    assert codes(checked(slow, demanded))["latency_ms"] == "harm_shown"
    fine = compared("P" * 80, "P" * 80, before_ms=100.0, ms=110.0)
    assert checked(fine, demanded).outcome == "passed"


@pytest.mark.parametrize("gone", ["U", "E", "-"])
def test_cases_that_vanish_are_no_passes(gone: str, compared: Compared) -> None:
    before, now = "P" * 80 + "F" * 20, "P" * 80 + gone * 20
    made = checked(compared(before, now), spec(0.2))
    assert (made.outcome, codes(made)) == ("needs_review", {"pass_rate": "too_many_lost"})


def test_cases_without_a_verdict_are_guarded_too(compared: Compared) -> None:
    demanded = spec(
        0.2, max_left_out=0.5, guards=[{"metric": "unscored_rate", "margin": 0.02}],
        limits=[{"metric": "unscored_rate", "at_most": 0.1}],
    )  # fmt: skip
    made = checked(compared("P" * 100, "P" * 80 + "U" * 20), demanded)
    assert codes(made)["unscored_rate"] == "harm_shown"
    assert codes(made)["unscored_rate <= 0.1"] == "limit_broken"


def test_new_cases_are_nothing_lost(compared: Compared) -> None:
    made = checked(compared("P" * 80 + "-" * 40, "P" * 120), spec(0.1, demand_comparable=False))
    assert made.outcome == "passed"


def test_a_difference_besides_the_run_is_open(compared: Compared) -> None:
    comparison = compared("P" * 100, "P" * 60 + "F" * 40, before_suite_version=9)
    made = checked(comparison, spec(0.06))
    assert (made.outcome, codes(made)["pass_rate"]) == ("needs_review", "not_comparable")
    assert checked(comparison, spec(0.06, demand_comparable=False)).outcome == "failed"


@pytest.mark.parametrize("side", ["", "before_"])
@pytest.mark.parametrize("preflight", ["untrusted", "not_checked"])
def test_an_untrusted_judge_is_no_evidence(side: str, preflight: str, compared: Compared) -> None:
    both = {"preflight": preflight, "before_preflight": preflight} if side else {}
    comparison = compared("P" * 100, "P" * 60 + "F" * 40, **{"preflight": preflight, **both})
    limits = [{"metric": "pass_rate", "at_least": 0.9}, {"metric": "unscored_rate", "at_most": 1}]
    made = checked(comparison, spec(0.06, limits=limits, demand_comparable=False))
    assert made.outcome == "needs_review"
    assert codes(made)["pass_rate >= 0.9"] == "judge_untrusted"
    assert codes(made)["unscored_rate <= 1"] == "limit_kept"


def test_who_wants_to_may_believe_it(compared: Compared) -> None:
    comparison = compared("P" * 80, "P" * 80, preflight="not_checked")
    demanded = spec(0.2, refuse_untrusted=False, demand_comparable=False)
    assert checked(comparison, demanded).outcome == "passed"


def test_a_cancelled_batch_is_no_answer(compared: Compared) -> None:
    made = checked(compared("P" * 80, "P" * 80, state="cancelled"), spec(0.2))
    assert (made.outcome, codes(made)["pass_rate"]) == ("needs_review", "batch_unfinished")


@pytest.mark.parametrize("declared_at", [None, timezone.now() + timedelta(days=1)])
def test_a_margin_declared_late_passes_nobody(declared_at: Any, compared: Compared) -> None:
    fine, worse = compared("P" * 80, "P" * 80), compared("P" * 80, "F" * 80)
    made = checked(fine, spec(0.2), declared_at=declared_at)
    assert made.outcome == "needs_review"
    assert {reason["code"] for reason in made.reasons} == {"margin_declared_late", "claim_shown"}
    assert checked(worse, spec(0.2), declared_at=declared_at).outcome == "failed"


def test_a_gate_for_another_suite_or_target_is_refused(compared: Compared) -> None:
    comparison = compared("P" * 20, "P" * 20)
    with pytest.raises(GateUnfit, match="for suite 'other', not 'sums'"):
        checked(comparison, spec(), suite="other")
    with pytest.raises(GateUnfit, match="for target 'other'"):
        checked(comparison, spec(), target="other")
    assert not GateCheck.objects.exists()


def test_what_was_asked_is_kept_as_it_was(compared: Compared) -> None:
    gate = make_gate(name="release", version=3, declared_at=EARLIER)
    made = check(held(gate), compared("P" * 80, "P" * 80), actor="ann")
    assert (made.gate, made.gate_name, made.gate_version) == (gate, "release", 3)
    assert made.spec == held(gate).spec.model_dump(mode="json")
    entry = Entry.objects.get(action="gate.checked")
    assert (entry.actor, entry.subject) == ("ann", "release")
    assert entry.details["outcome"] == "needs_review"
