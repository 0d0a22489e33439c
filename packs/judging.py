"""A judge as it is named in a pack's options: by name alone, or with threshold and options."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from judges.options import bind
from judges.protocol import Judge, Score, Threshold
from packs.protocol import CaseJudge, Stage


class JudgeSpec(BaseModel):
    """Which judge, and its options; threshold is short for the option of that name."""

    model_config = ConfigDict(extra="forbid")

    name: str
    threshold: Threshold | None = None
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    def judge_options(self) -> dict[str, Any]:
        """Give the options that the judge is called with."""
        given = {} if self.threshold is None else {"threshold": self.threshold}
        return {**self.options, **given}

    def judge(self) -> Judge:
        """Load the judge with its options fixed; raises JudgeError."""
        return bind(self.name, self.judge_options()).value

    def case_judge(self) -> CaseJudge:
        """Load the judge so that it is given the case's input too, if it asks for it."""
        bound = bind(self.name, self.judge_options())
        judge = bound.value
        if bound.wants_input:
            return judge

        def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
            return judge(expected, output)

        return judge_case

    def stage(self, name: str, *, weight: float = 1.0, gate: bool = False) -> Stage:
        """Describe this judge as a stage, in the judge's own lane; raises JudgeError."""
        options = self.judge_options()
        bound = bind(self.name, options)
        return Stage(
            name=name,
            judge=self.name,
            judge_version=bound.version,
            judge_options=options,
            judge_pins=dict(bound.pins),
            lane=bound.lane,
            weight=weight,
            gate=gate,
        )


class WeightedJudge(JudgeSpec):
    """A judge that is a stage of its own, and what it weighs."""

    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
