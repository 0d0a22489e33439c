"""HumanEval and MBPP, as they are published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError

from evalsite.cases.models import TestCase
from evalsite.exchange.formats.registry import FORMATS, read
from evalsite.targets.models import Output
from packs.prepare import prepare
from packs.registry import PACKS
from tests.exchange.conftest import Run, Write

ADD = {
    "task_id": "HumanEval/0",
    "prompt": 'def add(a, b):\n    """ Add. """\n',
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
}
TWICE: dict[str, Any] = {
    "task_id": 7,
    "text": "Write a function to double a number.",
    "code": "def helper(n):\r\n  return n\r\ndef twice(n):\r\n  return 2 * helper(n)",
    "test_list": ["assert twice(2) == 4", "assert twice(0) == 0"],
    "test_setup_code": "import sys",
    "challenge_test_list": [],
}


def imported(run: Run, *, file: str, form: str) -> TestCase:
    """Import one problem into a suite that the format's pack makes; give its case."""
    run("importcases", file, "--suite", "programs", "--format", form)
    return TestCase.objects.select_related("suite").get()


def judged(case: TestCase, answer: dict[str, Any]) -> str:
    """Give the verdict on one program, which is run."""
    evaluator = prepare("codegen")
    results = evaluator.score(input=case.input, expected=case.expected, output=answer)
    return evaluator.fold(results).status


def test_a_humaneval_problem_is_a_case(write: Write, run: Run) -> None:
    case = imported(run, file=write([ADD], "h.jsonl.gz"), form="humaneval")
    assert (case.key, case.suite.pack) == ("HumanEval/0", "codegen")
    assert case.expected == {
        "tests": ADD["test"],
        "reference": ADD["prompt"] + ADD["canonical_solution"],
    }
    assert judged(case, {"completion": ADD["canonical_solution"]}) == "passed"
    assert judged(case, {"completion": "    return a - b\n"}) == "failed"


def test_an_mbpp_problem_is_a_case(write: Write, run: Run) -> None:
    case = imported(run, file=write([TWICE]), form="mbpp")
    assert (case.key, case.input["entry_point"]) == ("MBPP/7", "twice")
    assert case.input["prompt"].splitlines()[-1] == "assert twice(0) == 0"
    assert case.expected["tests"].splitlines() == ["import sys", *TWICE["test_list"]]
    assert judged(case, {"code": case.expected["reference"]}) == "passed"
    assert judged(case, {"code": "def twice(n):\n    return n"}) == "failed"


def test_the_sanitised_list_of_mbpp_is_read_too(write: Write, run: Run) -> None:
    clean = {name: value for name, value in TWICE.items() if name != "text"}
    row = clean | {"prompt": "Double it.", "test_imports": ["import math"], "test_setup_code": None}
    path = write([[row]], "sanitized-mbpp.json")
    case = imported(run, file=path, form="mbpp")
    assert case.input["prompt"].startswith("Double it.\n")
    assert case.expected["tests"].splitlines()[0] == "import math"


def test_samples_of_one_task_are_repetitions(write: Write, run: Run) -> None:
    imported(run, file=write([ADD]), form="humaneval")
    programs = [{"completion": "    return 0"}, {"completion": ""}, {"solution": "def add(): ..."}]
    samples = [{"task_id": "HumanEval/0", **program} for program in programs]
    path = write(samples, "s.jsonl.gz")
    run("importoutputs", path, "--suite", "programs", "--run", "r", "--format", "humaneval")
    outputs = list(Output.objects.order_by("repetition").values_list("repetition", "answer"))
    assert outputs[0] == (0, {"completion": "    return 0"})
    assert outputs[2] == (2, {"code": "def add(): ..."})


@pytest.mark.parametrize(
    ("form", "record", "path"),
    [
        ("humaneval", ADD | {"test": None}, "test"),
        ("humaneval", ADD | {"task_id": None}, "task_id"),
        ("humaneval", ADD | {"test": "x = 1"}, "expected.tests"),
        ("mbpp", TWICE | {"test_list": []}, "test_list"),
        ("mbpp", TWICE | {"test_list": [1]}, "test_list"),
        ("mbpp", TWICE | {"code": ""}, "code"),
    ],
)
def test_what_is_missing_is_named(
    write: Write, run: Run, events: list[Any], form: str, record: dict[str, Any], path: str
) -> None:
    with pytest.raises(CommandError, match="lines_refused"):
        run("importcases", write([record]), "--suite", "programs", "--format", form)
    assert (events[0]["line"], events[0]["path"]) == (1, path)


def test_a_sample_without_a_program_is_refused(write: Write, run: Run, events: list[Any]) -> None:
    imported(run, file=write([ADD]), form="humaneval")
    with pytest.raises(CommandError):
        path = write([{"task_id": "HumanEval/0"}])
        run("importoutputs", path, "--suite", "programs", "--run", "r", "--format", "humaneval")
    assert events[0]["path"] == "completion"


def test_all_of_humaneval_comes_in(
    run: Run, write: Write, reference: Callable[[str], list[Any]]
) -> None:
    problems = write(reference("humaneval/HumanEval.jsonl.gz"))
    samples = write(reference("humaneval/samples.jsonl.gz"), "samples.jsonl.gz")
    suite = ("--suite", "humaneval", "--format", "humaneval")
    (told,), _ = run("importcases", problems, *suite)
    assert (told["new"], told["bad"]) == (164, 0)
    (told,), _ = run("importoutputs", samples, *suite, "--run", "three-models")
    assert (told["new"], Output.objects.filter(repetition=2).count()) == (492, 164)


def test_every_format_names_a_pack_that_is_there() -> None:
    packs = {format.pack for format in FORMATS.values() if format.pack}
    assert {PACKS.load(name).name for name in packs} == packs


def test_a_format_without_outputs_says_so(tmp_path: Any) -> None:
    with pytest.raises(Exception, match="format_unfit"):
        list(read(tmp_path, format="csv", side="outputs"))
