"""The four stages of nl2api and how each is judged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from judges.protocol import Judge, Score, shown
from judges.toolschema import read_arguments
from packs.asking import Question
from packs.judging import JudgeSpec
from packs.nl2api import ask
from packs.nl2api.counted import CallFilter
from packs.nl2api.schemas import Nl2ApiExpected, Nl2ApiInput, Nl2ApiOptions, Nl2ApiOutput
from packs.protocol import CaseJudge, Stage, not_applicable


class Nl2Api:
    """syntax (a gate), logic, execution, semantics."""

    name: ClassVar[str] = "nl2api"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "A request in words against tool calls"
    Input: ClassVar[type[BaseModel]] = Nl2ApiInput
    Expected: ClassVar[type[BaseModel]] = Nl2ApiExpected
    Output: ClassVar[type[BaseModel]] = Nl2ApiOutput
    Options: ClassVar[type[BaseModel]] = Nl2ApiOptions

    def stages(self, options: Nl2ApiOptions) -> tuple[Stage, ...]:
        """Give the four stages; what a case does not expect is not applicable there."""
        return tuple(
            spec.stage(name, weight=getattr(options.weights, name), gate=name == "syntax")
            for name, spec in _specs(options).items()
        )

    def judge_of(self, stage: Stage, options: Nl2ApiOptions) -> CaseJudge:
        """Give the judge of one of the four stages."""
        spec = _specs(options)[stage.name]
        if stage.name in _COMPARED:
            return _compared(spec.case_judge(), key=_COMPARED[stage.name])
        counted = CallFilter(options.counted_tools, options.drop_errored)
        return _JUDGES[stage.name](spec.judge(), counted)

    def question(self, input: Any) -> Question:
        """Give the request and the tools at hand."""
        return ask.question(input)

    def output(self, text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give the calls that were made, the last result, and what was said."""
        return ask.output(text, calls)


def _specs(options: Nl2ApiOptions) -> dict[str, JudgeSpec]:
    strictness = {"profile": options.profile}
    return {
        "syntax": JudgeSpec(name="tool_schema", options=strictness),
        "logic": JudgeSpec(name="tool_calls", options={**strictness, "ordered": options.ordered}),
        "execution": options.execution,
        "semantics": options.semantics,
    }


def _syntax(judge: Judge, counted: CallFilter) -> CaseJudge:
    def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
        calls = counted.given(output)
        if not calls:
            return not_applicable("No call was made.")
        if input.get("tools"):
            return judge(input["tools"], calls)
        for call in calls:
            if read_arguments(call) is None:
                what = f"the arguments are not a JSON object: {shown(call.get('arguments'))}"
                return Score(0.0, False, f"{call['name']}: {what}")
        return not_applicable("The case names no tools.")

    return judge_case


def _logic(judge: Judge, counted: CallFilter) -> CaseJudge:
    def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
        if "calls" not in expected:
            return not_applicable("The case expects nothing of the calls.")
        calls = counted.given(output)
        return judge(counted.expected(expected), calls, tools=input.get("tools"))

    return judge_case


def _compared(judge: CaseJudge, *, key: str) -> CaseJudge:
    def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
        if key not in expected:
            return not_applicable(f"The case expects no {key}.")
        if key not in output:
            return Score.unscored(f"{key}_missing", f"The output records no {key}.")
        return judge(expected[key], output[key], input=input)

    return judge_case


_JUDGES: dict[str, Callable[[Judge, CallFilter], CaseJudge]] = {
    "syntax": _syntax,
    "logic": _logic,
}
_COMPARED = {"execution": "response", "semantics": "answer"}

PACK = Nl2Api()
