"""The samples are what they say: satisfiable, sound, and a regression in one slice."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from statistics import median
from typing import Any

import pytest

from evalsite.cases.check import check_case
from evalsite.embedded.demo import SAMPLES
from evalsite.stats.paired import PairedResult, compare_pass
from evalsite.targets.check import check_output
from packs import evaluate
from packs.library import Scorecard
from packs.registry import PACKS

RUNS = ("assistant_1_4", "assistant_1_5")


@cache
def rows(name: str) -> list[dict[str, Any]]:
    text = (SAMPLES / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def scored(run: str) -> dict[str, Scorecard]:
    outputs = {row["key"]: row.get("answer") for row in rows(run)}
    cards = evaluate("nl2api", cases=rows("assistant_cases"), outputs=outputs)
    return {card.key: card for card in cards}


def count(cards: dict[str, Scorecard], status: str) -> int:
    return sum(card.status == status for card in cards.values())


def as_wanted(case: dict[str, Any]) -> dict[str, Any]:
    """Answer what a system without fault would have given."""
    calls = [
        {"name": call["name"], "arguments": call.get("arguments") or first_accepted(call)}
        for call in case["expected"]["calls"]
    ]
    said = {key: case["expected"][key] for key in ("response", "answer") if key in case["expected"]}
    return {"calls": calls, **said}


def first_accepted(call: dict[str, Any]) -> dict[str, Any]:
    choices = call.get("accepted", {})
    return {key: values[0] for key, values in choices.items() if values[0] != ""}


def pairs() -> list[tuple[str, bool, bool]]:
    """Answer the keys judged in both runs, and whether each passed in 1.4 and in 1.5."""
    before, now = map(scored, RUNS)
    verdicts = [(key, before[key].overall_passed, now[key].overall_passed) for key in before]
    return [(k, b, n) for k, b, n in verdicts if b is not None and n is not None]


def paired() -> PairedResult:
    fallen = [(before, now) for _, before, now in pairs()]
    return compare_pass(
        worse=fallen.count((True, False)),
        better=fallen.count((False, True)),
        both_passed=fallen.count((True, True)),
        both_failed=fallen.count((False, False)),
    )


def test_there_are_cases_enough_and_of_many_kinds() -> None:
    cases = rows("assistant_cases")
    assert len({case["key"] for case in cases}) == len(cases) == 72
    assert len({case["category"] for case in cases}) == 9
    assert {case["complexity"] for case in cases} == {1, 2, 3, 4, 5}
    assert len({tool["name"] for case in cases for tool in case["input"]["tools"]}) >= 12


def test_no_request_is_made_twice() -> None:
    inputs = [case["input"] for case in rows("assistant_cases")]
    asked = [str(given.get("query") or given["messages"]) for given in inputs]
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize(
    ("wanted", "least"),
    [
        (lambda expected: expected["calls"] == [], 10),
        (lambda expected: len(expected["calls"]) > 1, 10),
        (lambda expected: any("accepted" in call for call in expected["calls"]), 15),
        (lambda expected: "response" in expected, 30),
        (lambda expected: "answer" in expected, 40),
    ],
    ids=["no call is right", "parallel calls", "alternatives", "response", "answer"],
)
def test_every_kind_of_expectation_is_there(
    wanted: Callable[[dict[str, Any]], bool], least: int
) -> None:
    assert sum(wanted(case["expected"]) for case in rows("assistant_cases")) >= least


def test_every_expectation_can_be_met() -> None:
    cases = rows("assistant_cases")
    outputs = {case["key"]: as_wanted(case) for case in cases}
    missed = [
        card.key
        for card in evaluate("nl2api", cases=cases, outputs=outputs)
        if not card.overall_passed
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("name", "pack"), [("assistant_cases", "nl2api"), ("capitals_cases", "exact")]
)
def test_every_case_can_be_imported(name: str, pack: str) -> None:
    for row in rows(name):
        assert check_case(row, pack=PACKS.load(pack).value).key == row["key"]


@pytest.mark.parametrize(
    ("name", "cases", "pack"),
    [
        ("assistant_1_4", "assistant_cases", "nl2api"),
        ("assistant_1_5", "assistant_cases", "nl2api"),
        ("capitals_outputs", "capitals_cases", "exact"),
    ],
)
def test_every_output_can_be_imported(name: str, cases: str, pack: str) -> None:
    known = {case["key"] for case in rows(cases)}
    keys = [check_output(row, pack=PACKS.load(pack).value).key for row in rows(name)]
    assert len(set(keys)) == len(keys)
    assert known.issuperset(keys)


@pytest.mark.parametrize(
    ("run", "passed", "failed", "unscored"), [(RUNS[0], 64, 7, 1), (RUNS[1], 54, 16, 2)]
)
def test_the_runs_pass_as_often_as_the_readme_says(
    run: str, passed: int, failed: int, unscored: int
) -> None:
    cards = scored(run)
    assert count(cards, "passed") == passed
    assert count(cards, "failed") == failed
    # A timeout has no answer, so library mode has nothing to score either.
    assert count(cards, "unscored") == unscored


@pytest.mark.parametrize(("run", "n"), [(RUNS[0], 72), (RUNS[1], 71)])
def test_each_run_has_one_timeout_and_the_newer_one_a_gap(run: str, n: int) -> None:
    assert len(rows(run)) == n
    assert ["timeout" in row["error"] for row in rows(run) if "error" in row] == [True]


def test_the_newer_version_regressed() -> None:
    result = paired()
    assert result.n == 69
    assert result.effect == pytest.approx(-9 / 69)
    assert result.p_value is not None
    assert result.p_value < 0.03


def test_it_regressed_with_dates_only() -> None:
    tags = {case["key"]: case["tags"] for case in rows("assistant_cases")}
    kinds = {case["key"]: case["category"] for case in rows("assistant_cases")}
    worse = [key for key, before, now in pairs() if before and not now]
    assert len(worse) == 11
    assert all("dates" in tags[key] for key in worse)
    assert {kinds[key] for key in worse} == {"calendar", "flights"}


def test_it_got_better_elsewhere() -> None:
    better = [key for key, before, now in pairs() if now and not before]
    assert better == ["hotel-salzburg-with-dog", "home-off-to-bed"]


@pytest.mark.parametrize("measure", ["latency_ms", "cost_usd"])
def test_the_newer_version_is_a_temptation(measure: str) -> None:
    before, now = (median(row[measure] for row in rows(run) if "answer" in row) for run in RUNS)
    assert 0.5 * before < now < before


@pytest.mark.parametrize(("judge", "passed"), [("exact", 16), ("normalised", 18)])
def test_the_capitals_pass_as_the_readme_says(judge: str, passed: int) -> None:
    outputs = {row["key"]: row["answer"] for row in rows("capitals_outputs")}
    cards = evaluate(
        "exact", cases=rows("capitals_cases"), outputs=outputs, options={"judges": [judge]}
    )
    assert len(cards) == 20
    assert sum(bool(card.overall_passed) for card in cards) == passed
