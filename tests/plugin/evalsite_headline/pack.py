"""The pack `headline`: is a headline short, and does it say what matters?"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from judges.protocol import Score
from packs.judging import JudgeSpec
from packs.protocol import CaseJudge, Stage, not_applicable


class HeadlineInput(BaseModel):
    """What the system under test is given."""

    model_config = ConfigDict(extra="forbid")

    article: str = Field(min_length=1)


class HeadlineExpected(BaseModel):
    """What a right headline is; without `mentions` anything short will do."""

    model_config = ConfigDict(extra="forbid")

    words: int = Field(gt=0)
    mentions: list[str] = []


class HeadlineOutput(BaseModel):
    """What it answered."""

    model_config = ConfigDict(extra="forbid")

    headline: str


class HeadlineOptions(BaseModel):
    """How a batch is judged."""

    model_config = ConfigDict(extra="forbid")

    leeway: int = Field(default=0, ge=0)


class Headline:
    """Two stages: `length` is a gate, `mentions` only counts for what is short enough."""

    name: ClassVar[str] = "headline"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "A headline for an article"
    Input: ClassVar[type[BaseModel]] = HeadlineInput
    Expected: ClassVar[type[BaseModel]] = HeadlineExpected
    Output: ClassVar[type[BaseModel]] = HeadlineOutput
    Options: ClassVar[type[BaseModel]] = HeadlineOptions

    def stages(self, options: HeadlineOptions) -> tuple[Stage, ...]:
        """Give the stages in the order they are judged."""
        specs = _specs(options)
        return (
            specs["length"].stage("length", gate=True),
            specs["mentions"].stage("mentions", weight=2),
        )

    def judge_of(self, stage: Stage, options: HeadlineOptions) -> CaseJudge:
        """Give the judge of one stage; called once for a batch."""
        judge = _specs(options)[stage.name].judge()
        wanted = {"length": "words", "mentions": "mentions"}[stage.name]

        def judge_case(expected: Any, output: Any, *, input: Any) -> Score:
            if not expected.get(wanted):
                return not_applicable(f"The case has no {wanted}.")
            return judge(expected[wanted], output["headline"])

        return judge_case


def _specs(options: HeadlineOptions) -> dict[str, JudgeSpec]:
    return {
        "length": JudgeSpec(name="most_words", options={"leeway": options.leeway}),
        "mentions": JudgeSpec(name="includes", options={"ignore_case": True}),
    }


PACK = Headline()
