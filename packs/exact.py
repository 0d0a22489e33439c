"""The pack `exact`: one answer against one expected value, by any judges you name."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from judges.protocol import JudgeError, Score
from judges.text import compile_pattern
from packs.alternatives import best_of
from packs.asking import Question, user_message
from packs.judging import WeightedJudge
from packs.protocol import CaseJudge, Stage


class ExactInput(BaseModel):
    """The question, and any other field that the system under test needs."""

    model_config = ConfigDict(extra="allow")

    question: JsonValue


class ExactExpected(BaseModel):
    """The answer, other answers as good, and a pattern for the judge regex."""

    model_config = ConfigDict(extra="forbid")

    answer: JsonValue = None
    # A factory, since pydantic copies a list deeply for each case.
    alternatives: list[JsonValue] = Field(default_factory=list)
    pattern: str | None = None

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, pattern: str | None) -> str | None:
        try:
            compile_pattern(pattern or "")
        except JudgeError as error:
            raise ValueError(f"{error.message} {error.hint}") from error
        return pattern

    @model_validator(mode="after")
    def _something_expected(self) -> ExactExpected:
        if not self.model_fields_set & {"answer", "pattern"}:
            raise ValueError("an answer or a pattern is wanted")
        return self


class ExactOutput(BaseModel):
    """The answer of the system under test, and any other field it recorded."""

    model_config = ConfigDict(extra="allow")

    answer: JsonValue


class ExactOptions(BaseModel):
    """Which judges; each is one stage."""

    model_config = ConfigDict(extra="forbid")

    judges: list[WeightedJudge] = Field(default=[WeightedJudge(name="exact")], min_length=1)

    @field_validator("judges")
    @classmethod
    def _named_once(cls, judges: list[WeightedJudge]) -> list[WeightedJudge]:
        names = [judge.name for judge in judges]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"judge named twice: {', '.join(sorted(twice))}")
        return judges


class Exact:
    """One stage per judge; the best of the answer and its alternatives counts."""

    name: ClassVar[str] = "exact"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "One answer against the expected one"
    Input: ClassVar[type[BaseModel]] = ExactInput
    Expected: ClassVar[type[BaseModel]] = ExactExpected
    Output: ClassVar[type[BaseModel]] = ExactOutput
    Options: ClassVar[type[BaseModel]] = ExactOptions

    def stages(self, options: ExactOptions) -> tuple[Stage, ...]:
        """Give one stage per judge, named like it."""
        return tuple(spec.stage(spec.name, weight=spec.weight) for spec in options.judges)

    def judge_of(self, stage: Stage, options: ExactOptions) -> CaseJudge:
        """Give the judge of one stage over the answer and its alternatives."""
        spec = next(spec for spec in options.judges if spec.name == stage.name)
        judge = spec.case_judge()
        wanted = "pattern" if spec.name == "regex" else "answer"

        def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
            key = wanted if wanted in expected else "answer"
            if key not in expected:
                return Score.unscored("expected_missing", "The case has a pattern but no answer.")
            answers, given = expected.get("alternatives"), output["answer"]
            if not answers:
                return judge(expected[key], given, input=input)
            answers = [expected[key], *answers]
            return best_of(judge(one, given, input=input) for one in answers)

        return judge_case

    def question(self, input: Any) -> Question:
        """Give the question as the user's only message."""
        return Question(messages=[user_message(input["question"])])

    def output(self, text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give what was said, without the space around it, as the answer."""
        return {"answer": text.strip()}


PACK = Exact()
