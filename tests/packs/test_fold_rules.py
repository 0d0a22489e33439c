"""From stage results to one verdict."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packs.fold import fold
from packs.protocol import Stage, StageResult, StageStatus

SCORES = {"passed": 1.0, "failed": 0.0}


def folded(*statuses: str, weights: tuple[float, ...] = (1, 1, 1)) -> tuple[Any, ...]:
    """Fold stages with these statuses."""
    named = list(zip("abc", statuses, weights, strict=False))
    stages = [Stage(name=name, judge="j", weight=weight) for name, _, weight in named]
    results = [StageResult(name, StageStatus(s), SCORES.get(s)) for name, s, _ in named]
    verdict = fold(stages, results)
    return verdict.status, verdict.overall_score, verdict.overall_passed


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        (("passed", "passed"), ("passed", 1.0, True)),
        (("passed", "failed"), ("failed", 0.5, False)),
        (("passed", "unscored"), ("unscored", None, None)),
        (("failed", "unscored"), ("failed", None, False)),
        (("failed", "errored"), ("errored", None, None)),
        (("passed", "not_applicable"), ("passed", 1.0, True)),
        (("not_applicable", "not_applicable"), ("unscored", None, None)),
        (("failed", "skipped", "skipped"), ("failed", 0.0, False)),
        (("passed", "failed", "skipped"), ("failed", 1 / 3, False)),
    ],
)
def test_the_rules(statuses: tuple[str, ...], verdict: tuple[Any, ...]) -> None:
    assert folded(*statuses) == verdict


def test_the_score_is_the_weighted_mean() -> None:
    assert folded("passed", "failed", weights=(3, 1)) == ("failed", 0.75, False)


def test_a_stage_without_a_result_is_unscored() -> None:
    assert fold([Stage(name="a", judge="j")], []).status == "unscored"


@given(st.lists(st.sampled_from([s.value for s in StageStatus]), min_size=1, max_size=3))
def test_a_score_is_in_range_and_never_invented(statuses: list[str]) -> None:
    status, score, passed = folded(*statuses)
    missing = {"unscored", "errored"} & set(statuses) or set(statuses) == {"not_applicable"}
    assert (score is None) == bool(missing)
    assert score is None or 0 <= score <= 1
    assert (passed is None) == (status in ("unscored", "errored"))
