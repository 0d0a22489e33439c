"""Programs that cheat: none passes, in two processes or in one."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from judges.code.tests import python_tests
from judges.protocol import Score
from judges.sandbox.run import run
from tests.codegen.cheats import CASES, CHEATS, RIGHT, SCRIPT, UNITTEST

Verdicts = dict[str, Score]

# How tests are run where nobody thinks of cheats.
NAIVE = """
import os, unittest
def judge(program, script):
    names, task = {"__name__": "tests"}, {"nonce": "ab" * 32}
    exec(program, names)
    exec(script, names)
    if "check" in names:
        names["check"](names["squares"])
        os._exit(0)
    suite = unittest.TestLoader().loadTestsFromTestCase(names["SquaresTest"])
    os._exit(not unittest.TextTestRunner().run(suite).wasSuccessful())
"""


def judged(program: str, **expected: object) -> Score:
    score = python_tests(expected, program, entry_point="squares", seconds=20.0)
    assert isinstance(score, Score)
    return score


def judged_all(judge: Callable[[str], Score]) -> Verdicts:
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return dict(zip(CHEATS, threads.map(judge, CHEATS.values()), strict=True))


@pytest.fixture(scope="module")
def apart() -> Verdicts:
    return judged_all(partial(judged, cases=CASES))


@pytest.fixture(scope="module")
def together() -> Verdicts:
    return judged_all(partial(judged, tests=SCRIPT))


def deceives(program: str) -> bool:
    """Tell whether a naive judge would let it pass."""
    calls = (f"{NAIVE}\njudge({program!r}, {script!r})" for script in (SCRIPT, UNITTEST))
    return any(run(call).exit_code == 0 for call in calls)


def test_a_right_program_passes_everywhere() -> None:
    assert judged(RIGHT, cases=CASES).passed
    scores = [judged(RIGHT, tests=script) for script in (SCRIPT, UNITTEST)]
    assert [score.details.get("verdict_strength") for score in scores] == ["same_process"] * 2
    assert all(score.passed for score in scores)


def test_the_cheats_are_good_ones() -> None:
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        deceivers = sum(threads.map(deceives, CHEATS.values()))
    # The other two deceive those who read what is printed, or any line of a channel.
    assert (len(CHEATS), deceivers) == (24, 22)


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_passes_in_two_processes(apart: Verdicts, name: str) -> None:
    assert apart[name].passed is False
    assert apart[name].details["verdict_strength"] == "separate_process"


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_passes_in_one_process(together: Verdicts, name: str) -> None:
    assert together[name].passed is False
    assert together[name].details["verdict_strength"] == "same_process"


@pytest.mark.parametrize("name", [name for name in CHEATS if "patches" in name])
def test_no_patch_passes_a_unittest(name: str) -> None:
    assert judged(CHEATS[name], tests=UNITTEST).passed is False


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ends the process", "exited_early"),
        ("is equal to everything", "not_plain"),
        ("patches builtins", "tampered"),
        ("reads the expected value from a frame", "raised"),
        ("takes the nonce from frames", "raised"),
        ("writes to the channel", "tampered"),
    ],
)
def test_the_code_says_why(together: Verdicts, name: str, code: str) -> None:
    assert together[name].code == code
