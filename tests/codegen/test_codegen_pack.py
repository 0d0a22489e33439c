"""The pack codegen: its schemas, its stages, and the program that an output stands for."""

from __future__ import annotations

from typing import Any

import pytest

from judges.code.quality import python_quality
from judges.code.syntax import python_syntax
from packs.codegen import PACK
from packs.codegen.program import extract
from packs.codegen.schemas import CodegenOptions
from packs.prepare import prepare
from packs.protocol import PackError
from packs.validate import validate_case, validate_output

INPUT = {"prompt": "def f(x):\n", "entry_point": "f"}
CASES = {"cases": [{"args": [1], "returns": 2}]}
BRANCHY = "def f(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12))


def statuses(output: Any, **options: Any) -> list[str]:
    results = prepare("codegen", options).score(input=INPUT, expected=CASES, output=output)
    return [result.code or result.status.value for result in results]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({}, "one of cases, io and tests"),
        ({**CASES, "tests": "assert f(1)"}, "one of cases, io and tests"),
        ({"tests": "assert f(("}, "cannot be parsed"),
        ({"tests": "f(1)"}, "asserts nothing"),
        ({"cases": [{"args": [1]}]}, "either returns or raises"),
        ({"cases": [{"returns": 1, "raises": "KeyError"}]}, "either returns or raises"),
        ({"cases": [{"returns": 1.0, "tolerance": -1}]}, "greater than or equal to 0"),
        ({"io": [{"stdin": "1"}]}, "Field required"),
        ({**CASES, "entry_point": "f"}, "Extra inputs"),
    ],
)
def test_a_case_that_does_not_fit_is_refused(expected: Any, message: str) -> None:
    with pytest.raises(PackError, match=message):
        validate_case("codegen", input=INPUT, expected=expected)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("language", "cobol", "python can"),
        ("entry_point", "f()", "pattern"),
        ("prompt", "", "least"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(field: str, value: str, message: str) -> None:
    with pytest.raises(PackError, match=message):
        validate_case("codegen", input={**INPUT, field: value}, expected=CASES)


@pytest.mark.parametrize("output", [{}, {"completion": "a", "code": "b"}, {"code": None}])
def test_an_output_is_a_completion_or_code(output: Any) -> None:
    with pytest.raises(PackError, match="either completion or code"):
        validate_output("codegen", output)


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("x = 1", "x = 1"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("First:\n```sh\nls\n```\n```\ny = 1\n```\n```python\nx = 1\n```", "x = 1\n"),
        ("```py\nx = 1\n```\n```python\ny = 1\n```", "x = 1\n"),
        ("  ```python title=a\n  x = 1\n  ```", "  x = 1\n"),
        ("```python\nx = 1", "x = 1"),
        ("```js\nlet x\n```", "```js\nlet x\n```"),
        ("```python\ns = '```'\n```", "s = '```'\n"),
    ],
)
def test_a_program_is_taken_out_of_its_fence(text: str, program: str) -> None:
    assert extract(text) == program


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"completion": "    return x + 1\n"}, ["passed", "passed"]),
        ({"code": "def f(x): return 2"}, ["passed", "passed"]),
        ({"completion": "    return x\n"}, ["passed", "differs"]),
        ({"completion": "    return (\n"}, ["syntax_error", "gate_failed"]),
        ({"code": "def g(x): return 2"}, ["entry_point_undefined", "gate_failed"]),
        ({"answer": 1}, ["not_a_program", "gate_failed"]),
        (None, ["output_missing", "output_missing"]),
    ],
)
def test_the_stages(output: Any, expected: list[str]) -> None:
    assert statuses(output) == expected


def test_only_execution_is_in_the_lane_of_the_sandbox() -> None:
    stages = prepare("codegen", {"quality": "python_quality"}).stages
    lanes = [(stage.name, stage.lane, stage.gate) for stage in stages]
    assert lanes == [
        ("syntax", "cpu", True),
        ("execution", "sandbox", False),
        ("quality", "cpu", False),
    ]


def test_the_limits_stand_in_the_manifest() -> None:
    manifest = prepare("codegen", {"limits": {"seconds": 3}}).manifest()
    assert manifest["stages"][1]["judge_options"]["seconds"] == 3
    assert PACK.stages(CodegenOptions())[1].judge_options["seconds"] == 10


def test_quality_needs_a_reference() -> None:
    assert statuses({"code": "def f(x): return 2"}, quality="exact")[2] == "not_applicable"


def test_quality_may_be_any_judge() -> None:
    evaluator = prepare("codegen", {"quality": {"name": "levenshtein", "threshold": 0.5}})
    expected = {**CASES, "reference": "def f(y): return 2"}
    output = {"code": "def f(x): return 2"}
    quality = evaluator.score(input=INPUT, expected=expected, output=output)[2]
    assert quality.score == pytest.approx(17 / 18)


@pytest.mark.parametrize(
    "program",
    [
        "def f(): ...",
        "f = 1",
        "class f: ...",
        "import f",
        "from a import b as f",
        "async def f(): ...",
    ],
)
def test_what_defines_a_name(program: str) -> None:
    assert python_syntax("f", program).passed
    assert python_syntax("f", f"if 1:\n    {program}").passed
    assert python_syntax("f", f"def g():\n    {program}").code == "entry_point_undefined"


@pytest.mark.parametrize(
    "program", ["(", "'\ud800'", "-" * 100_000 + "1", "a" + ".b" * 50_000, "\0"]
)
def test_what_is_no_python(program: str) -> None:
    assert python_syntax(None, program).code == "syntax_error"


@pytest.mark.parametrize(
    ("reference", "program", "value"),
    [
        (None, "def f(x): return x", 1.0),
        (None, BRANCHY, 10 / 13),
        (BRANCHY, BRANCHY, 1.0),
        ("def f(x): return x", "def f(x):\n" + "    x += 1\n" * 7, (1 + 4 / 8) / 2),
        ("x = 1", "x = [a for a in b if a and c or d]", 1.0),
    ],
)
def test_quality_counts_branches_and_statements(
    reference: str | None, program: str, value: float
) -> None:
    score = python_quality(reference, program)
    assert score.value == pytest.approx(value)
    assert score.passed is (value == 1)
