"""Programs that know how they are judged: none passes beside its tests; honest ones still do."""

from __future__ import annotations

import ast

import pytest

from judges.code.program import _DRIVERS, _PARTS, _text
from judges.code.same_process import _ahead
from judges.code.script import wants_class
from judges.code.tests import python_tests
from tests.codegen.cheats import SCRIPT, UNITTEST
from tests.codegen.insiders import CIRCLE, CLOSE, INSIDERS, UNNAMED
from tests.codegen.lookers import LOOKERS

SQUARES = "def squares(n): return sum(k * k for k in range(n + 1))"
STACK = """
class Stack:
    def __init__(self): self.items = []
    def push(self, item): self.items.append(item)
    def mean(self): return sum(self.items) / len(self.items)
    def __sub__(self, other): return Stack()
"""
STACK_TEST = """
def check(candidate):
    stack = candidate()
    for item in (1, 2):
        stack.push(item)
    assert abs(stack.mean() - 1.5) < 1e-9
    assert (stack - candidate()).items == []
"""


def judged(script: str, program: str, *, entry_point: str = "squares") -> object:
    entry_point = "" if script == UNNAMED else entry_point
    score = python_tests({"tests": script}, program, entry_point=entry_point, seconds=20.0)
    assert score.details["verdict_strength"] == "same_process"
    return score.passed


@pytest.mark.parametrize("name", INSIDERS | LOOKERS)
def test_no_insider_passes(name: str) -> None:
    assert judged(*(INSIDERS | LOOKERS)[name]) is False


@pytest.mark.parametrize("script", [SCRIPT, UNITTEST, CLOSE, UNNAMED])
def test_the_right_program_passes_these_scripts(script: str) -> None:
    assert judged(script, SQUARES) is True


def test_a_constant_of_a_module_may_be_used() -> None:
    assert judged(CIRCLE, "import math\ndef squares(r): return math.pi * r * r") is True


def test_a_class_is_tested_by_its_objects() -> None:
    assert judged(STACK_TEST, STACK, entry_point="Stack") is True


def test_an_object_is_not_told_what_to_come_near_to() -> None:
    near = STACK.replace("return sum(self.items) / len(self.items)", "return Near()")
    near += "class Near:\n    def __sub__(self, other): return 0.0\n"
    assert judged(STACK_TEST, near, entry_point="Stack") is False


@pytest.mark.parametrize(
    "program",
    [
        "import logging\nlogging.basicConfig(level=10)\n"
        "def squares(n):\n    logging.info('n')\n    return sum(k * k for k in range(n + 1))",
        "import subprocess\n" + SQUARES,
        "import asyncio\n" + SQUARES,
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int = 0\n" + SQUARES,
        "from collections import Counter\nCounter('aab').most_common(1)\n" + SQUARES,
        "from collections import namedtuple\nnamedtuple('P', 'x y', defaults=[1])\n" + SQUARES,
        "import enum\nclass C(enum.Enum):\n    A = 1\nenum.Enum('D', 'A B')\n" + SQUARES,
        "from dataclasses import dataclass\n@dataclass(order=True)\nclass P:\n    x: int = 0\n"
        + SQUARES,
        "import traceback\ntry:\n    1 / 0\nexcept ArithmeticError:\n    traceback.format_exc()\n"
        + SQUARES,
        "import types\n@types.coroutine\ndef f():\n    yield\n" + SQUARES,
        "import warnings\nwarnings.warn('here')\n" + SQUARES,
        "import functools\n@functools.singledispatch\ndef f(n): return n\n" + SQUARES,
        "import re, string\nre.compile('[[a]')\n" + SQUARES,
        "import re\nre.compile('[[a]')\n" + SQUARES,
        "from copy import deepcopy\ndeepcopy([{}])\n" + SQUARES,
        "__import__('collections').namedtuple('P', 'x')\n" + SQUARES,
        "'\u00e4'.encode('idna')\n" + SQUARES,
        "async def f(): pass\nf()\n" + SQUARES,
        "for name in ('f.x', 'y'):\n    type(name, (), {})().__reduce_ex__(2)\n" + SQUARES,
    ],
)
def test_what_the_standard_library_does_is_no_tampering(program: str) -> None:
    assert judged(SCRIPT, program) is True


@pytest.mark.parametrize("name", ["enum", "ast"])
def test_what_is_loaded_in_secret_is_not_trusted(name: str) -> None:
    load = f"vars(__builtins__)['__imp' 'ort__']({name!r})\n"
    assert judged(SCRIPT, SQUARES) is True
    assert judged(SCRIPT, load + SQUARES) is False


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["x = 1"], []),
        (
            ["import math\nfrom typing import List, Any", "  import re as r"],
            ["math", "re", "typing"],
        ),
        (["import math\n__import__('time')"], None),
        (["import math, time"], None),
        (["import threading"], None),
        (["x = y.encode('idna')"], None),
    ],
)
def test_what_a_program_loads_is_told_from_its_text(texts: list[str], wanted: object) -> None:
    ahead = _ahead(*texts)
    assert (ahead if ahead is None else sorted(ahead)) == wanted


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("s = f()\nassert s.x == 1", True),
        ("assert f(1).x == 1", True),
        ("class T:\n    def setUp(self): self.s = f()\n    def test(self): self.s.go()", True),
        ("assert isinstance(f(1), f)", True),
        ("def check(candidate):\n    assert candidate.make() == 1", True),
        ("for n in range(3): assert f(n) == 1", False),
        ("wanted = {1: 2}\nassert list(wanted.values()) == f(1)", False),
    ],
)
def test_a_class_is_wanted_where_the_script_uses_one(script: str, wanted: bool) -> None:
    assert wants_class(ast.parse(script), entry_point="f") is wanted


@pytest.mark.parametrize("driver", _PARTS)
def test_no_part_of_a_driver_hides_a_name_of_another(driver: str) -> None:
    assert all((_DRIVERS / f"{part}.py").is_file() for part in _PARTS[driver])
    names = [name for part in _PARTS[driver] for name in _bound(_text(part))]
    assert len(names) == len(set(names))


def _bound(text: str) -> set[str]:
    nodes = ast.parse(text).body
    targets = {ast.unparse(t) for n in nodes if isinstance(n, ast.Assign) for t in n.targets}
    return targets | {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}
