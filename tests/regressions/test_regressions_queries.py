from __future__ import annotations

from typing import Any

import pytest

from evalsite.cases.models import Suite
from evalsite.regressions.compare import compare
from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import Change, SliceCount, by_slice, worst_cases
from evalsite.tenants.models import Tenant
from tests.factories import make_suite
from tests.summaries.filled import Card, make_filled

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


def compared(suite: Suite, before: list[Card], now: list[Card], **fields: Any) -> Comparison:
    make_filled(suite, before, **fields)
    found = compare(make_filled(suite, now, **fields))
    assert found is not None
    return found


def failing(key: str, score: float, **fields: Any) -> Card:
    return Card(key, "failed", score, fields=fields)


def test_the_biggest_drop_comes_first(suite: Suite) -> None:
    before = [Card(key, score=1.0) for key in "abcd"]
    now = [failing("a", 0.4), failing("b", 0.1), Card("c"), failing("d", 0.1)]
    worst = worst_cases(compared(suite, before, now))
    assert [(case.key, case.score_now) for case in worst] == [("b", 0.1), ("d", 0.1), ("a", 0.4)]
    assert {case.score_before for case in worst} == {1.0}


def test_no_more_than_asked_for(suite: Suite) -> None:
    before = [Card(key) for key in "abcdefgh"]
    found = compared(suite, before, [failing(key, 0.0) for key in "abcdefgh"])
    assert len(worst_cases(found)) == 5
    assert len(worst_cases(found, limit=2)) == 2


def test_only_what_passed_before_and_fails_now(suite: Suite) -> None:
    before = [Card("a", "failed"), Card("b", "unscored"), Card("c"), Card("d")]
    now = [Card("a", "failed"), Card("b", "failed"), Card("c", "errored"), Card("d", "failed")]
    assert [case.key for case in worst_cases(compared(suite, before, now))] == ["d"]


def test_each_failed_stage_tells_its_reason(suite: Suite) -> None:
    stages = {
        "syntax": {"status": "passed", "score": 1.0},
        "logic": {"status": "failed", "score": 0.0, "code": "call_missing"},
        "semantics": {"status": "failed", "score": 0.2, "code": "answer_differs"},
    }
    details = {"logic": {"reason": "search was not called"}}
    now = [Card("a", "failed", 0.0, fields={"stages": stages, "details": details})]
    (case,) = worst_cases(compared(suite, [Card("a", case={"category": "dates"})], now))
    assert case.category == "dates"
    assert case.changes == [
        Change("logic", "failed", "search was not called", was="passed"),
        Change("semantics", "failed", "answer_differs"),
    ]


def test_repetitions_that_failed_alike_are_told_once(suite: Suite) -> None:
    details = {"logic": {"reason": "wrong"}}
    now = [Card("a", "failed", 0.0, r, {"details": details}) for r in (0, 1)]
    before = [Card("a", repetition=r) for r in (0, 1)]
    (case,) = worst_cases(compared(suite, before, now, repetitions=2))
    assert case.changes == [Change("logic", "failed", "wrong", was="passed")]


def test_slices_count_their_own_pairs(suite: Suite) -> None:
    x, y = {"tags": ["x"]}, {"tags": ["x", "y"]}
    before = [Card("a", case=x), Card("b", case=y), Card("c", "failed"), Card("d", "unscored")]
    now = [Card("a", "failed"), Card("b"), Card("c"), Card("d")]
    assert by_slice(compared(suite, before, now)) == [
        SliceCount("all", "", 3, worse=1, better=1),
        SliceCount("tag", "x", 2, worse=1, better=0),
        SliceCount("tag", "y", 1, worse=0, better=0),
    ]
