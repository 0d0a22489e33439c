from __future__ import annotations

from typing import Any

import pytest

from evalsite.gates.limits import weigh_limits
from evalsite.gates.reasons import Reason
from evalsite.summaries.models import Summary
from tests.gates.told import spec

pytestmark = pytest.mark.usefixtures("as_acme")

STAGE = {"passed": 60, "failed": 20, "unscored": 20, "errored": 0, "skipped": 0, "mean": 0.75}
FIGURES: dict[str, Any] = {
    "n": 100,
    "passed": 72,
    "failed": 18,
    "unscored": 6,
    "errored": 4,
    "pass_rate": 0.8,
    "mean_score": 0.9,
    "stages": {"logic": STAGE},
    "latency_p50": 300.0,
    "latency_p95": 1800.0,
    "latency_p99": None,
    "tokens_in": 700,
    "tokens_out": 300,
    "cost_usd": 2.0,
    "cost_known": 100,
}


def weighed(metric: str, *, where: tuple[str, str] = ("all", ""), **fields: Any) -> Reason:
    limit = {"metric": metric, **fields}
    if where[0] != "all":
        limit["slice"] = {"kind": where[0], "value": where[1]}
    whole = Summary(**FIGURES)
    sliced = Summary(**{**FIGURES, "n": 10, "unscored": 0, "errored": 0, "pass_rate": 0.5})
    summaries = {("all", ""): whole, ("tag", "hard"): sliced}
    (reason,) = weigh_limits(spec(limits=[limit]), summaries)
    return reason


@pytest.mark.parametrize(
    ("metric", "fields", "code"),
    [
        ("unscored_rate", {"at_most": 0.1}, "limit_kept"),
        ("unscored_rate", {"at_most": 0.09}, "limit_broken"),
        ("pass_rate", {"at_least": 0.72}, "limit_kept"),
        ("pass_rate", {"at_least": 0.8}, "limit_open"),
        ("pass_rate", {"at_least": 0.82}, "limit_open"),
        ("pass_rate", {"at_least": 0.83}, "limit_broken"),
        ("pass_rate", {"at_most": 0.82}, "limit_kept"),
        ("pass_rate", {"at_most": 0.7}, "limit_broken"),
        ("score", {"at_least": 0.81}, "limit_kept"),
        ("score", {"at_least": 0.92}, "limit_broken"),
        ("stage:logic", {"at_least": 0.6}, "limit_kept"),
        ("stage:logic", {"at_least": 0.7}, "limit_open"),
        ("stage:logic", {"at_least": 0.9}, "limit_broken"),
        ("stage:poetry", {"at_least": 0.9}, "metric_absent"),
        ("latency_p95", {"at_most": 1800}, "limit_kept"),
        ("latency_p95", {"at_most": 1799}, "limit_broken"),
        ("latency_p99", {"at_most": 9000}, "metric_absent"),
        ("tokens", {"at_most": 1000}, "limit_kept"),
        ("tokens", {"at_most": 999}, "limit_broken"),
        ("cost_usd", {"at_most": 2}, "limit_kept"),
    ],
)
def test_a_limit_is_kept_broken_or_open(metric: str, fields: dict[str, Any], code: str) -> None:
    assert weighed(metric, **fields).code == code


@pytest.mark.parametrize(
    ("code", "outcome", "bound"),
    [
        ("limit_kept", "passed", 0.72),
        ("limit_open", "needs_review", 0.8),
        ("limit_broken", "failed", 0.9),
    ],
)
def test_only_what_is_kept_passes(code: str, outcome: str, bound: float) -> None:
    reason = weighed("pass_rate", at_least=bound)
    assert (reason.code, reason.outcome, reason.limit) == (code, outcome, bound)


def test_cases_without_a_verdict_are_neither_passed_nor_failed() -> None:
    assert "72.0 % to 82.0 %" in weighed("pass_rate", at_least=0.8).text


def test_an_unknown_cost_is_no_nought(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIGURES, "cost_known", 99)
    assert weighed("cost_usd", at_most=2.5).code == "limit_open"
    assert weighed("cost_usd", at_most=1.5).code == "limit_broken"
    monkeypatch.setitem(FIGURES, "cost_usd", None)
    assert weighed("cost_usd", at_most=2.5).code == "metric_absent"


def test_half_the_tokens_are_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIGURES, "tokens_out", None)
    assert weighed("tokens", at_most=1000).code == "metric_absent"


def test_a_limit_may_be_a_slices() -> None:
    reason = weighed("pass_rate", where=("tag", "hard"), at_least=0.6)
    assert (reason.code, reason.after) == ("limit_broken", 0.5)
    assert reason.title == "pass_rate [tag: hard] >= 0.6"
    assert weighed("pass_rate", where=("tag", "soft"), at_least=0.0).code == "slice_absent"


def test_an_empty_batch_keeps_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIGURES, "n", 0)
    assert weighed("unscored_rate", at_most=1).outcome == "needs_review"


def test_a_batch_of_unscored_cases_keeps_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIGURES, "unscored", 96)
    monkeypatch.setitem(FIGURES, "pass_rate", None)
    assert weighed("pass_rate", at_least=0.1).code == "limit_open"
