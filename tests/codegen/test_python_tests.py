"""The judge python_tests: what is equal, why a program fails, when nothing can be said."""

from __future__ import annotations

from typing import Any

import pytest

from judges.code import program as program_module
from judges.code.tests import python_tests
from judges.protocol import Score
from judges.sandbox.outcome import Outcome
from judges.sandbox.unavailable import SandboxUnavailable

SETUP = "from math import sqrt"
DEEPER = """
import sys
sys.setrecursionlimit(9000)
def f(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value
"""
LOOPED = "def check(candidate):\n    for n in range(3):\n        assert candidate(n) == n\n"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def judged(body: str, *, options: dict[str, Any] | None = None, **expected: Any) -> Score:
    program = body if "\n" in body else f"def f(x=None):\n    {body}\n"
    return python_tests(expected, program, entry_point="f", **(options or {}))


def returned(body: str, **case: Any) -> Score:
    return judged(body, cases=[case])


@pytest.mark.parametrize(
    ("body", "case"),
    [
        ("return 1", {"returns": 1}),
        ("return 1.5", {"returns": 1.5}),
        ("return None", {"returns": None}),
        ("return (1, 'a')", {"returns": [1, "a"]}),
        ("return {'a': [True]}", {"returns": {"a": [True]}}),
        ("return x + 1", {"args": [2], "returns": 3}),
        ("return x", {"kwargs": {"x": "é"}, "returns": "é"}),
        ("return 0.1 + 0.2", {"returns": 0.3, "tolerance": 1e-9}),
        ("return 3", {"returns": 3.0, "tolerance": 0}),
        ("return 2 ** 200", {"returns": 2**200}),
        ("return type('Own', (str,), {})('a')", {"returns": "a"}),
        ("raise KeyError(x)", {"raises": "KeyError"}),
        ("raise KeyError(x)", {"raises": "LookupError"}),
    ],
)
def test_this_is_equal(body: str, case: dict[str, Any]) -> None:
    assert returned(body, **case).passed


@pytest.mark.parametrize(
    ("body", "case", "code"),
    [
        ("return True", {"returns": 1}, "differs"),
        ("return 1", {"returns": True}, "differs"),
        ("return 1", {"returns": 1.0}, "differs"),
        ("return True", {"returns": 1, "tolerance": 1}, "differs"),
        ("return '1'", {"returns": 1}, "differs"),
        ("return [1, 2]", {"returns": [1]}, "differs"),
        ("return {1: 2}", {"returns": {"1": 2}}, "differs"),
        ("return {1}", {"returns": [1]}, "differs"),
        ("return float('nan')", {"returns": None}, "differs"),
        ("return 10 ** 400", {"returns": 1.5, "tolerance": 1}, "differs"),
        ("return 0.2", {"returns": 0.1, "tolerance": 0.05}, "differs"),
        ("return object()", {"returns": None}, "not_plain"),
        ("return set(range(20001))", {"returns": None}, "not_plain"),
        ("a = []; a.append(a); return a", {"returns": []}, "raised"),
        ("return 1 / 0", {"returns": 0}, "raised"),
        ("raise ValueError", {"raises": "KeyError"}, "raised"),
        ("return 1", {"raises": "KeyError"}, "not_raised"),
        ("import os; os._exit(0)", {"returns": None}, "exited_early"),
        ("raise SystemExit", {"returns": None}, "exited_early"),
        ("return [0] * 10 ** 9", {"returns": None}, "out_of_memory"),
        ("return 'a' * 10 ** 7", {"returns": None}, "wrote_too_much"),
        ("import os; os.kill(os.getpid(), 9)", {"returns": None}, "killed"),
    ],
)
def test_this_fails_with_a_code(body: str, case: dict[str, Any], code: str) -> None:
    score = returned(body, **case)
    assert (score.passed, score.code) == (False, code)
    assert score.reason.isprintable()


def test_an_endless_program_is_timed_out() -> None:
    cases = [{"args": [1], "returns": 1}, {"args": [2], "returns": 2}]
    body = "def f(x):\n    while x > 1: pass\n    return x\n"
    score = judged(body, cases=cases, options={"seconds": 1.0})
    assert (score.value, score.passed, score.code) == (0.5, False, "timed_out")


def test_the_value_is_the_share_that_held() -> None:
    cases = [{"args": [n], "returns": n * n} for n in range(4)]
    score = judged("return 2 * x", cases=cases)
    assert (score.value, score.passed) == (0.5, False)
    assert [failure["case"] for failure in score.details["failures"]] == [1, 3]


def test_the_setup_runs_before() -> None:
    expected = {"cases": [{"returns": 2.0}]}
    score = python_tests(
        expected, "def f(): return sqrt(4)", entry_point="f", setup="from math import sqrt"
    )
    assert score.passed


@pytest.mark.parametrize(
    ("stdout", "passed"),
    [("1\n2", True), ("1 \n2\n\n", True), ("1", False), ("1\n2\n3", False), (" 1\n2", False)],
)
def test_texts_are_equal_but_for_blanks_at_ends(stdout: str, passed: bool) -> None:
    score = judged("print(input())\nprint(2)\n", io=[{"stdin": "1\n", "stdout": stdout}])
    assert score.passed is passed


@pytest.mark.parametrize(
    ("program", "code"),
    [("exit(1)\n\n", "raised"), ("1 / 0\n", "raised"), ("while True:\n    pass", "timed_out")],
)
def test_a_whole_program_fails_with_a_code(program: str, code: str) -> None:
    score = judged(program, io=[{"stdout": ""}], options={"seconds": 1.0})
    assert (score.passed, score.code) == (False, code)


@pytest.mark.parametrize(
    ("expected", "options", "code"),
    [
        ({"tests": "assert f( =="}, {}, "tests_invalid"),
        ({"tests": LOOPED}, {"strength": "separate_process"}, "strength_missing"),
        ({"cases": [{"returns": 1}]}, {"setup": "1 / 0"}, "program_not_run"),
        ({"tests": LOOPED}, {"setup": "1 / 0"}, "program_not_run"),
        ({"cases": [{"args": [nested(3000)], "returns": 1}]}, {}, "tests_invalid"),
        ({"cases": []}, {}, "expected_not_tests"),
        (None, {}, "expected_not_tests"),
    ],
)
def test_what_cannot_be_judged_is_unscored(expected: Any, options: Any, code: str) -> None:
    score = python_tests(expected, "def f(x=0): return x", entry_point="f", **options)
    assert (score.value, score.passed, score.code) == (None, None, code)
    assert score.reason


def test_what_is_expected_too_deep_is_unscored() -> None:
    score = judged(DEEPER, cases=[{"args": [400], "returns": nested(400)}])
    assert (score.passed, score.code) == (None, "tests_invalid")


def test_what_is_given_too_deep_is_not_plain() -> None:
    score = judged(DEEPER, cases=[{"args": [900], "returns": 1}])
    assert (score.passed, score.code) == (False, "not_plain")


def test_half_a_character_may_be_read() -> None:
    assert judged("print(len(input()) > 0)\n", io=[{"stdin": "\ud800", "stdout": "True"}]).passed


def test_without_a_sandbox_it_is_unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Outcome:
        raise SandboxUnavailable("nothing here would hold it")

    monkeypatch.setattr(program_module, "run", refuse)
    score = returned("return 1", returns=1)
    assert (score.value, score.code) == (None, "sandbox_unavailable")


def test_a_verdict_says_what_it_rests_on() -> None:
    score = returned("return 1", returns=1)
    assert score.details["verdict_strength"] == "separate_process"
    assert set(score.details["sandbox"]) == {"tier", "kernel", "filter"}


@pytest.mark.parametrize("expected", [{"cases": [{"returns": 1}]}, {"tests": "assert f() == 1"}])
def test_a_program_may_print_as_it_likes(expected: dict[str, Any]) -> None:
    program = "def f():\n    for n in range(300_000): print(n)\n    return 1"
    assert python_tests(expected, program, entry_point="f").passed
