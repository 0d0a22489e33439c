"""Which test scripts are lifted, and that what is lifted keeps Python's meaning."""

from __future__ import annotations

import ast

import pytest

from judges.code.answers import Answer
from judges.code.expressions import RAISED, Expressions, Unsupported
from judges.code.lift import Lifted, lift
from judges.code.script import count_asserts, read_script
from judges.code.tests import python_tests
from judges.protocol import JudgeError


def lifted(script: str) -> Lifted | None:
    return lift(read_script(script, entry_point="f"), entry_point="f")


def held(script: str, *values: object) -> list[str]:
    """Give the code of each assertion, empty where it holds, with these values as answers."""
    found = lifted(script)
    assert found is not None
    answers = [v if isinstance(v, Answer) else Answer(v) for v in values]
    return [failure.code if failure else "" for failure in found.failures(answers)]


@pytest.mark.parametrize(
    "script",
    [
        "assert f(1) == 2",
        "def check(candidate):\n    assert candidate(1) == 2",
        "def check(g):\n    assert g(1) == 2\ndef test_it():\n    check(f)\ntest_it()",
        "def test_it():\n    assert f(1)",
        "META = {'a': 1}\ndef check(given):\n    '''Says.'''\n    print\n    assert not f(1)",
        "import math\nassert abs(f(0.5) - 2 / 3) < 1e-6, 'far'",
        "assert tuple(f([1])) == tuple(f([2]))",
        "limit = 3\nassert f(limit, word='a') is None",
        "assert isinstance(f(), list) and f() != {1: (2,)}",
        "import unittest\nassert f(1)\nif __name__ == '__main__':\n    unittest.main()",
    ],
)
def test_a_straight_script_is_lifted(script: str) -> None:
    assert lifted(script) is not None


@pytest.mark.parametrize(
    "script",
    [
        "for n in range(3):\n    assert f(n) == n",
        "import math\nassert math.floor(f(1)) == 1",
        "from numpy import sum\nassert sum(f(1)) == 1",
        "names = [1]\nassert f(names) == 1",
        "assert f(f(1)) == 1",
        "assert [f(n) for n in (1, 2)] == [1, 2]",
        "result = f(1)\nassert result == 1",
        "assert f(*[1]) == 1",
        "assert f(1) or f(2)",
        "assert g(1) == 1",
        "assert f(1).real == 1",
        "assert f(object()) == 1",
        "f = len\nassert f('a') == 1",
        "x = 1\nx = 2\nassert f(x) == 2",
        "def len(x):\n    return 3\nassert len(f(1)) == 3",
        "try:\n    f(1)\nexcept ValueError:\n    pass\nassert f(2)",
        "def check(candidate, other):\n    assert candidate(1)\ncheck(f, 3)",
        "assert f(1) @ 2",
        "assert f(1 / 0)",
        "x = 3",
    ],
)
def test_any_other_is_left_as_it_is(script: str) -> None:
    assert lifted(script) is None


@pytest.mark.parametrize(
    ("test", "value", "code"),
    [
        ("f() == True", 1, ""),
        ("f() == [1]", (1,), "assertion_failed"),
        ("f() is True", True, ""),
        ("f() is True", 1, "assertion_failed"),
        ("f() == 0.3", 0.1 + 0.2, "assertion_failed"),
        ("abs(f() - 0.3) < 1e-9", 0.1 + 0.2, ""),
        ("abs(f() - 0.3) < 1e-9", None, "assertion_failed"),
        ("f() == float('nan')", float("nan"), "assertion_failed"),
        ("1 < f() <= 3", 3, ""),
        ("f()", [], "assertion_failed"),
        ("sorted(f(), reverse=True) == [2, 1]", [1, 2], ""),
        ("f() * 10 ** 9 == 'a'", "a" * 9, "assertion_failed"),
        ("len(f()) == 2 and 1 in f()", {1, 2}, ""),
        ("f() == 1", Answer(code="raised", reason="ValueError"), "raised"),
    ],
)
def test_an_assertion_means_what_it_says(test: str, value: object, code: str) -> None:
    assert held(f"assert {test}", *[value] * test.count("f()")) == [code]


def test_the_calls_keep_their_order_and_arguments() -> None:
    found = lifted("assert f(1, b=[2]) == f('x')\nassert f((3,))")
    assert found is not None
    assert found.calls == [([1], {"b": [2]}), (["x"], {}), ([(3,)], {})]


@pytest.mark.parametrize("text", ["(", "\0", "(" * 500, "x" + ".y" * 100_000])
def test_a_script_that_is_no_python_is_refused(text: str) -> None:
    with pytest.raises(JudgeError, match="tests_invalid"):
        read_script(text, entry_point="f")


def test_what_a_script_leaves_out_is_called() -> None:
    tree = read_script("def check(c): ...\ndef test_a(): ...\ndef other(): ...", entry_point="f")
    assert [ast.unparse(node) for node in tree.body[3:]] == ["check(f)", "test_a()"]


def test_assertions_are_counted_wherever_they_stand() -> None:
    assert count_asserts(read_script("assert 1\nfor n in []:\n    assert n", entry_point="")) == 2


@pytest.mark.parametrize(
    "text", ["10 ** 10 ** 9", "'a' * 10 ** 12", "[0] * 10 ** 9", "1 / 0", "{}[1]"]
)
def test_no_expression_takes_for_ever(text: str) -> None:
    with pytest.raises((*RAISED, Unsupported)):
        Expressions({}).value(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("body", "test", "passed"),
    [
        ("yield from range(n)", "list(f(3)) == [0, 1, 2]", True),
        ("yield from range(n)", "list(f(3)) == [0, 1]", False),
        ("yield from range(n)", "f(3) == [0, 1, 2]", False),
        ("yield 1 / 0", "list(f(3)) == [0]", False),
        ("while True: yield n", "list(f(3)) == [3]", False),
        ("return range(n)", "len(f(3)) == 3 and sum(f(3)) == 3", True),
        ("return range(n)", "f(3) == [0, 1, 2]", False),
        ("return map(str, range(n))", "sorted(f(2)) == ['0', '1']", True),
        ("return {n: 1}.items()", "list(f(3)) == [(3, 1)]", True),
        ("return {n: 1}.keys()", "3 in f(3)", True),
    ],
)
def test_what_is_iterated_is_judged_by_its_members(body: str, test: str, passed: bool) -> None:
    expected = {"tests": f"assert {test}"}
    score = python_tests(expected, f"def f(n):\n    {body}\n", entry_point="f")
    assert score.passed is passed
    assert score.details["verdict_strength"] == "separate_process"
