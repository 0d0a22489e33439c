"""BFCL's question, answer and result files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import CommandError

from evalsite.cases.models import TestCase
from evalsite.exchange.formats.spoken_calls import read_calls
from evalsite.targets.models import Output
from packs.prepare import prepare
from tests.exchange.conftest import Run, Write

SUITE = ("--suite", "bfcl")
ROME = {
    "id": "simple_python_7",
    "question": [[{"role": "user", "content": "Weather in Rome?"}]],
    "function": [{"name": "weather", "parameters": {"properties": {"city": {"type": "string"}}}}],
}
TRUTH = {"id": "simple_python_7", "ground_truth": [{"weather": {"city": ["Rome", "Roma"]}}]}
RESULTS = [
    [{"weather": '{"city": "Rome"}'}],
    "[weather(city='Rome')]",
    "I do not know.",
]


def take(run: Run, write: Write, questions: list[Any], answers: list[Any]) -> list[dict[str, Any]]:
    """Import questions with their answers; give the events."""
    files = write(questions, "q.jsonl.gz"), "--answers", write(answers, "a.jsonl.gz")
    return run("importcases", *files, *SUITE, "--format", "bfcl")[0]


def test_a_question_and_its_answer_are_a_case(write: Write, run: Run) -> None:
    take(run, write, [ROME], [TRUTH])
    case = TestCase.objects.select_related("suite").get()
    assert (case.key, case.category, case.suite.pack) == (
        "simple_python_7",
        "simple_python",
        "nl2api",
    )
    assert case.expected == {"calls": [{"name": "weather", "accepted": {"city": ["Rome", "Roma"]}}]}
    assert case.input == {"messages": ROME["question"][0], "tools": ROME["function"]}


def test_where_no_call_is_right_no_answer_is_wanted(write: Write, run: Run) -> None:
    take(run, write, [ROME | {"id": "live_irrelevance_1-0-0"}, ROME], [TRUTH])
    assert TestCase.objects.get(category="live_irrelevance").expected == {"calls": []}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": "simple_python_8"}, "answer_not_found"),
        ({"id": "multi_turn_base_0"}, "category_unsupported"),
        ({"id": "simple_java_0"}, "category_unsupported"),
        ({"id": None}, "record_invalid"),
        ({"question": [[], []]}, "record_invalid"),
        ({"function": [{"name": ""}]}, "case_invalid"),
    ],
)
def test_a_question_that_is_no_case_is_named(
    write: Write, run: Run, events: list[Any], change: dict[str, Any], code: str
) -> None:
    with pytest.raises(CommandError):
        take(run, write, [ROME | change], [TRUTH])
    assert (events[0]["line"], events[0]["code"]) == (1, code)
    assert not TestCase.objects.exists()


def test_a_fault_in_the_answers_names_their_line(write: Write, run: Run, events: list[Any]) -> None:
    with pytest.raises(CommandError, match="answers_invalid"):
        take(run, write, [ROME], [b"{"])
    assert "answers: line 1: [json_invalid]" in events[0]["message"]


def test_answers_are_only_taken_by_a_format_that_has_some(write: Write, run: Run) -> None:
    path = write([ROME])
    with pytest.raises(CommandError, match="format_unfit") as failed:
        run("importcases", path, *SUITE, "--answers", path)
    assert failed.value.returncode == 2


@pytest.mark.parametrize("result", RESULTS[:2])
def test_a_result_is_calls_in_either_spelling(write: Write, run: Run, result: Any) -> None:
    take(run, write, [ROME], [TRUTH])
    row = {"id": ROME["id"], "result": result, "latency": 0.5, "input_token_count": 7}
    run("importoutputs", write([row]), *SUITE, "--run", "r", "--format", "bfcl")
    output = Output.objects.get()
    evaluator = prepare("nl2api", {"profile": "bfcl"})
    case = TestCase.objects.get()
    results = evaluator.score(input=case.input, expected=case.expected, output=output.answer)
    assert evaluator.fold(results).status == "passed"
    assert (output.latency_ms, output.tokens_in, output.tokens_out) == (500, 7, None)


def test_words_and_failures_are_no_calls(write: Write, run: Run) -> None:
    take(run, write, [ROME, ROME | {"id": "irrelevance_1"}], [TRUTH])
    rows: list[dict[str, Any]] = [
        {"id": ROME["id"], "result": "Error during inference: timed out"},
        {"id": "irrelevance_1", "result": RESULTS[2]},
    ]
    run("importoutputs", write(rows), *SUITE, "--run", "r", "--format", "bfcl")
    given = dict(Output.objects.values_list("error", "answer"))
    assert given == {rows[0]["result"]: None, "": {"calls": [], "answer": "I do not know."}}


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (
            "f(a=-1.5, b=[1, (2, 3)], c={'k': None})",
            {"a": -1.5, "b": [1, [2, 3]], "c": {"k": None}},
        ),
        ("f(a=true, b=g(1), c=1 + 1)", {"a": "true", "b": "g(1)", "c": "1 + 1"}),
        ("f(1, a=2)", "f(1, a=2)"),
        ("f(a=1, a=2)", "f(a=1, a=2)"),
        ("f(a=1e999)", "f(a=1e309)"),
    ],
)
def test_spoken_calls_are_read_and_never_run(text: str, arguments: Any) -> None:
    assert read_calls(text) == [{"name": "f", "arguments": arguments}]


@pytest.mark.parametrize("text", ["", "Rome", "f", "[]", "f(a=1) and more", "(" * 10_000, "\x00"])
def test_what_is_no_list_of_calls_is_none(text: str) -> None:
    assert read_calls(text) is None


def published(cases: list[Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give each case of the reference data as its question and its possible answer."""
    for case in cases:
        question = {"id": case["id"], "question": [case["messages"]], "function": case["functions"]}
        truth = [{call["name"]: call["arguments"]} for call in case["accepted"]]
        yield question, {"id": case["id"], "ground_truth": truth}


def test_the_reference_data_keeps_its_verdicts(
    write: Write, run: Run, reference: Callable[[str], list[Any]]
) -> None:
    cases = reference("bfcl/cases.jsonl.gz")
    questions, answers = zip(*published(cases), strict=True)
    take(run, write, list(questions), list(answers))
    rows = [
        {"id": case["id"], "result": [{c["name"]: c["arguments"]} for c in candidate["calls"]]}
        for case in cases
        for candidate in case["candidates"][-1:]
    ]
    run("importoutputs", write(rows), *SUITE, "--run", "r", "--format", "bfcl")
    evaluator = prepare("nl2api", {"profile": "bfcl"})
    stored = Output.objects.select_related("case")
    passed = {
        output.case.key: evaluator.fold(
            evaluator.score(
                input=output.case.input, expected=output.case.expected, output=output.answer
            )
        ).overall_passed
        for output in stored
    }
    assert passed == {case["id"]: case["candidates"][-1]["valid"] for case in cases}
