"""The judge `python_tests`: runs a program in the sandbox against calls, texts or a test script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from judges.code.answers import Answer, Call, Failure, ask
from judges.code.compare import difference
from judges.code.lift import lift
from judges.code.program import Program
from judges.code.same_process import run_tests
from judges.code.script import read_script
from judges.code.texts import check_texts
from judges.code.verdict import verdict
from judges.protocol import JudgeError, Lane, Score, shown
from judges.sandbox.limits import Limits

Demanded = Literal["any", "separate_process"]
Seconds = Annotated[float, Field(gt=0, le=600)]
Megabytes = Annotated[int, Field(ge=64, le=65536)]


class PythonTests:
    """Judges a Python program by what it does."""

    lane: ClassVar[Lane] = "sandbox"

    def __call__(
        self,
        expected: Any,
        answer: Any,
        *,
        entry_point: str = "",
        setup: str = "",
        preamble: str = "",
        strength: Demanded = "any",
        seconds: Seconds = 10.0,
        cpu_seconds: Seconds = 5.0,
        memory_mb: Megabytes = 512,
    ) -> Score:
        """Run the program and score what came of it.

        expected holds one of `cases` (args, kwargs, and returns or raises), `io` (stdin, stdout) or
        `tests` (a script). The value is the share of the cases that held; all must hold to pass.
        Unscored where no verdict can be given: no sandbox, a script that is no Python, ...
        """
        if not isinstance(answer, str):
            return Score(0.0, False, f"no program: {shown(answer)}", code="not_a_program")
        limits = Limits(wall_s=seconds, cpu_s=cpu_seconds, memory_mb=memory_mb)
        program = Program(text=answer, entry_point=entry_point, setup=setup, limits=limits)
        try:
            return _judged(expected, program, preamble=preamble, strength=strength)
        except JudgeError as error:
            return Score.unscored(error.code, error.message)
        except RecursionError:  # what a program gives is compared no deeper than what is expected
            return Score.unscored("tests_invalid", "What is expected is nested too deeply.")


python_tests = PythonTests()


def _judged(expected: Any, program: Program, *, preamble: str, strength: Demanded) -> Score:
    kind = _kind(expected)
    if kind == "cases":
        return verdict(_check_cases(program, expected[kind]), strength="separate_process")
    if kind == "io":
        return verdict(check_texts(program, expected[kind]), strength="separate_process")
    tree = read_script(expected[kind], entry_point=program.entry_point)
    if lifted := lift(tree, entry_point=program.entry_point):
        answers = ask(program, lifted.calls, use_up=True)
        return verdict(list(lifted.failures(answers)), strength="separate_process")
    if strength == "separate_process":
        raise JudgeError(
            "This test script can only be run in the program's own process.",
            code="strength_missing",
            hint="Write the case as `cases`, or ask for strength any.",
        )
    failure = run_tests(program, tree, preamble=preamble)
    return verdict([failure], strength="same_process")


def _kind(expected: Any) -> str:
    given = expected if isinstance(expected, dict) else {}
    for kind in ("cases", "io"):
        items = given.get(kind)
        if items and isinstance(items, list) and all(isinstance(item, dict) for item in items):
            return kind
    if given.get("tests") and isinstance(given["tests"], str):
        return "tests"
    raise JudgeError("No cases, io or tests are expected.", code="expected_not_tests")


def _check_cases(program: Program, cases: Sequence[dict[str, Any]]) -> list[Failure | None]:
    calls: list[Call] = [(case.get("args") or [], case.get("kwargs") or {}) for case in cases]
    answers = ask(program, calls)
    return [_check(case, answer) for case, answer in zip(cases, answers, strict=True)]


def _check(case: dict[str, Any], answer: Answer) -> Failure | None:
    wanted = case.get("raises")
    if wanted and wanted in answer.raised:
        return None
    if answer.code:
        return Failure(answer.code, answer.reason)
    if wanted:
        return Failure("not_raised", f"expected {wanted} to be raised")
    differs = difference(case.get("returns"), answer.value, tolerance=case.get("tolerance"))
    return Failure("differs", differs) if differs else None
