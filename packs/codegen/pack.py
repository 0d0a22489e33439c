"""The stages of codegen and how each is judged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from judges.protocol import Score
from packs.asking import Question
from packs.codegen import ask
from packs.codegen.program import program_of
from packs.codegen.schemas import CodegenExpected, CodegenInput, CodegenOptions, CodegenOutput
from packs.judging import JudgeSpec
from packs.protocol import CaseJudge, Stage, not_applicable


class Codegen:
    """syntax (a gate), execution, and quality where it is asked for."""

    name: ClassVar[str] = "codegen"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "A task in words against a program"
    Input: ClassVar[type[BaseModel]] = CodegenInput
    Expected: ClassVar[type[BaseModel]] = CodegenExpected
    Output: ClassVar[type[BaseModel]] = CodegenOutput
    Options: ClassVar[type[BaseModel]] = CodegenOptions

    def stages(self, options: CodegenOptions) -> tuple[Stage, ...]:
        """Give two stages, or three with a judge of quality; only execution runs anything."""
        return tuple(
            spec.stage(name, weight=getattr(options.weights, name), gate=name == "syntax")
            for name, spec in _specs(options).items()
        )

    def judge_of(self, stage: Stage, options: CodegenOptions) -> CaseJudge:
        """Give the judge of one of the stages over the program of an output."""
        judge_program = _JUDGES[stage.name](_specs(options)[stage.name])

        def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
            program = program_of(output, prompt=input["prompt"])
            if program is None:
                return Score(0.0, False, "neither completion nor code", code="not_a_program")
            return judge_program(expected, program, input=input)

        return judge_case

    def question(self, input: Any) -> Question:
        """Give the question as a chat model is asked it."""
        return ask.question(input)

    def output(self, text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give what a chat model said as an output."""
        return ask.output(text, calls)


def _specs(options: CodegenOptions) -> dict[str, JudgeSpec]:
    specs = {"syntax": JudgeSpec(name="python_syntax"), "execution": options.execution()}
    return specs | ({"quality": options.quality} if options.quality else {})


def _syntax(spec: JudgeSpec) -> CaseJudge:
    judge = spec.judge()

    def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
        return judge(_entry_point(expected, input) or None, output)

    return judge_case


def _execution(spec: JudgeSpec) -> CaseJudge:
    judge = spec.judge()

    def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
        return judge(
            expected,
            output,
            entry_point=_entry_point(expected, input),
            setup=expected.get("setup", ""),
            preamble=input["prompt"],
        )

    return judge_case


def _quality(spec: JudgeSpec) -> CaseJudge:
    judge = spec.case_judge()

    def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
        if expected.get("reference") is None:
            return not_applicable("The case has no reference program.")
        return judge(expected["reference"], output, input=input)

    return judge_case


def _entry_point(expected: Any, input: Any) -> str:
    """Name the function that is called; a whole program has none."""
    return "" if expected.get("io") else input.get("entry_point") or ""


_JUDGES: dict[str, Callable[[JudgeSpec], CaseJudge]] = {
    "syntax": _syntax,
    "execution": _execution,
    "quality": _quality,
}

PACK = Codegen()
