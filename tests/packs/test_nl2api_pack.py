"""The pack nl2api: syntax, logic, execution and semantics of one case."""

from __future__ import annotations

from typing import Any

import pytest

from packs.prepare import prepare

TOOLS = [
    {
        "name": "search_flights",
        "parameters": {
            "type": "object",
            "properties": {"to": {"type": "string"}, "date": {"type": "string"}},
            "required": ["to"],
        },
    },
    {"type": "function", "function": {"name": "pay", "parameters": {}}},
]
SEARCH = {"name": "search_flights", "arguments": {"to": "LIS", "date": "2026-03-01"}}
EXPECTED = {"calls": [SEARCH], "response": {"flights": 2}, "answer": "There are two flights"}
RIGHT = {**EXPECTED, "calls": [{**SEARCH, "arguments": '{"to": "LIS", "date": "2026-03-01"}'}]}


def stages(expected: Any, output: Any, *, tools: Any = TOOLS, **options: Any) -> dict[str, Any]:
    """Give the result of each stage by its name."""
    results = prepare("nl2api", options).score(
        input={"query": "?", "tools": tools}, expected=expected, output=output
    )
    return {result.stage: result for result in results}


def statuses(*args: Any, **options: Any) -> list[str]:
    return [result.status.value for result in stages(*args, **options).values()]


def test_a_right_output_passes_every_stage() -> None:
    assert statuses(EXPECTED, RIGHT) == ["passed"] * 4


def test_syntax_is_a_gate() -> None:
    results = stages(EXPECTED, {**RIGHT, "calls": [{"name": "serch", "arguments": {}}]})
    assert [result.status for result in results.values()] == ["failed", *["skipped"] * 3]
    assert results["syntax"].reason == "serch: there is no such tool, only search_flights, pay"


def test_logic_names_the_argument_that_differs() -> None:
    wrong = {**SEARCH, "arguments": {"to": "LIS", "date": "2026-03-02"}}
    logic = stages(EXPECTED, {**RIGHT, "calls": [wrong]})["logic"]
    assert logic.reason == 'search_flights.date: expected "2026-03-01", got "2026-03-02"'


def test_execution_names_the_field_that_differs() -> None:
    execution = stages(EXPECTED, {**RIGHT, "response": {"flights": 3}})["execution"]
    assert (execution.status, execution.reason) == ("failed", "flights: expected 2, got 3")


def test_semantics_is_judged_by_the_judge_of_the_options() -> None:
    output = {**RIGHT, "answer": "Two flights"}
    assert stages(EXPECTED, output)["semantics"].status == "passed"
    strict = stages(EXPECTED, output, semantics={"name": "token_f1", "threshold": 0.9})
    assert strict["semantics"].status == "failed"


def test_what_is_not_expected_is_not_applicable() -> None:
    only_calls = {"calls": [SEARCH]}
    assert statuses(only_calls, RIGHT)[2:] == ["not_applicable"] * 2
    assert statuses({"answer": "two"}, RIGHT)[1:3] == ["not_applicable"] * 2


def test_what_was_not_recorded_is_unscored() -> None:
    results = stages(EXPECTED, {"calls": [SEARCH]})
    assert results["execution"].code == "response_missing"
    assert results["semantics"].code == "answer_missing"


def test_null_is_a_response() -> None:
    assert stages({"response": None}, {"response": None})["execution"].status == "passed"


def test_no_call_is_right_when_none_is_expected() -> None:
    assert statuses({"calls": []}, {"calls": []})[:2] == ["not_applicable", "passed"]
    assert statuses({"calls": []}, {"calls": [SEARCH]})[:2] == ["passed", "failed"]


def test_no_call_scores_nothing_when_one_is_expected() -> None:
    evaluator = prepare("nl2api")
    results = evaluator.score(input={"tools": TOOLS}, expected={"calls": [SEARCH]}, output={})
    assert evaluator.fold(results).overall_score == 0


def test_without_tools_only_the_form_of_the_arguments_is_checked() -> None:
    assert statuses(EXPECTED, RIGHT, tools=[])[0] == "not_applicable"
    broken = {"calls": [{"name": "pay", "arguments": "{"}]}
    reason = stages(EXPECTED, broken, tools=[])["syntax"].reason
    assert reason == 'pay: the arguments are not a JSON object: "{"'


def test_order_counts_only_when_asked() -> None:
    pay = {"name": "pay", "arguments": {}}
    expected, output = {"calls": [SEARCH, pay]}, {"calls": [pay, SEARCH]}
    assert stages(expected, output)["logic"].status == "passed"
    assert stages(expected, output, ordered=True)["logic"].status == "failed"


def test_only_counted_tools_count_on_both_sides() -> None:
    expected = {"calls": [SEARCH, {"name": "pay_bill", "arguments": {}}]}
    output = {"calls": [{"name": "pay_bill", "arguments": {}}, {"name": "think", "arguments": {}}]}
    counted = stages(expected, output, tools=[], counted_tools=["pay_*"])
    assert counted["logic"].status == "passed"


def test_errored_calls_may_be_left_out() -> None:
    output = {"calls": [{**SEARCH, "error": True}, SEARCH]}
    assert stages({"calls": [SEARCH]}, output)["logic"].status == "failed"
    assert stages({"calls": [SEARCH]}, output, drop_errored=True)["logic"].status == "passed"


def test_weights_are_those_of_the_options() -> None:
    evaluator = prepare("nl2api", {"weights": {"logic": 3}})
    assert [stage.weight for stage in evaluator.stages] == [1, 3, 1, 1]


@pytest.mark.parametrize("profile", ["strict", "standard", "bfcl"])
def test_the_profile_stands_in_the_manifest(profile: str) -> None:
    manifest = prepare("nl2api", {"profile": profile}).manifest()
    logic = manifest["stages"][1]
    assert manifest["options"]["profile"] == profile
    assert logic["judge_options"] == {"profile": profile, "ordered": False}
