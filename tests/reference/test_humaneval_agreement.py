"""codegen against recorded verdicts on programs of real models, all run in the sandbox."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from packs.prepare import prepare
from packs.validate import validate_case, validate_output

Read = Callable[[str], list[Any]]

LIMITS = {"seconds": 20.0, "cpu_seconds": 5.0}


@dataclass(frozen=True)
class Sample:
    """A program of the data, as a case and an output of the pack, and its recorded verdict."""

    problem: dict[str, Any]
    output: dict[str, str]
    passed: bool


def judged(sample: Sample, *, limits: dict[str, float]) -> tuple[bool | None, str]:
    """Judge one program by the pack: its verdict, and the strength of that."""
    evaluator = prepare("codegen", {"limits": limits})
    problem = sample.problem
    input, expected = validate_case(
        "codegen",
        input={"prompt": problem["prompt"], "entry_point": problem["entry_point"]},
        expected={"tests": problem["test"]},
    )
    output = validate_output("codegen", sample.output)
    results = evaluator.score(input=input, expected=expected, output=output)
    strength = results[-1].details.get("verdict_strength", "none")
    return evaluator.fold(results).overall_passed, strength


def disagreements(
    samples: Iterable[Sample], **limits: float
) -> tuple[int, list[Any], Counter[str]]:
    """Judge all, one per core at a time: how many, which differ, and the strengths."""
    samples = list(samples)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        given = list(threads.map(lambda s: judged(s, limits=limits or LIMITS), samples))
    pairs = list(zip(samples, given, strict=True))
    differing = [(s.problem, s.output, got) for s, (got, _) in pairs if got is not s.passed]
    return len(samples), differing, Counter(strength for _, strength in given)


def test_every_recorded_verdict_on_humaneval(reference: Read) -> None:
    problems = {row["task_id"]: row for row in reference("humaneval/HumanEval.jsonl.gz")}
    samples = [
        Sample(problems[row["task_id"]], {"completion": row["completion"]}, row["passed"])
        for row in reference("humaneval/samples.jsonl.gz")
    ]
    n, differing, strengths = disagreements(samples)
    assert (n, differing) == (492, [])
    # 98 of 100 are judged by values that the program's process never saw.
    assert strengths["same_process"] == 18


def test_every_canonical_solution_passes(reference: Read) -> None:
    samples = [
        Sample(row, {"completion": row["canonical_solution"]}, passed=True)
        for row in reference("humaneval/HumanEval.jsonl.gz")
    ]
    assert disagreements(samples)[:2] == (164, [])


def test_the_six_probes(reference: Read) -> None:
    rows = reference("humaneval/example_samples.jsonl.gz")
    samples = [Sample(row, {"completion": row["completion"]}, row["passed"]) for row in rows]
    # One sleeps for ten seconds.
    assert disagreements(samples, seconds=4, cpu_seconds=2)[:2] == (6, [])


def test_every_verdict_on_mbpp(reference: Read) -> None:
    rows = reference("mbpp_gpt4/samples.jsonl.gz")
    samples = [Sample(row, {"code": row["solution"]}, row["passed"]) for row in rows]
    n, differing, strengths = disagreements(samples)
    assert (n, differing) == (199, [])
    assert set(strengths) == {"separate_process"}


@pytest.mark.parametrize("form", ["{}", "```python\n{}\n```", "Here it is:\n\n```\n{}\n```\nDone."])
def test_a_program_is_found_in_what_a_model_says(reference: Read, form: str) -> None:
    row = reference("mbpp_gpt4/samples.jsonl.gz")[0]
    sample = Sample(row, {"code": form.format(row["solution"])}, row["passed"])
    assert disagreements([sample])[1] == []
