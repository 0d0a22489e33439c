"""A judge as it is named in a pack's options, made into a stage."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from pydantic import Field

from judges.named import NamedJudge
from judges.protocol import Judge, Score
from packs.protocol import CaseJudge, Stage


class JudgeSpec(NamedJudge):
    """The judge of a stage."""

    def judge(self) -> Judge:
        """Load the judge with its options fixed; raises JudgeError."""
        return self.bound().value

    def case_judge(self) -> CaseJudge:
        """Load the judge so that it is given the case's input too, if it asks for it."""
        bound = self.bound()
        judge = bound.value
        if bound.wants_input:
            return judge

        def judge_case(expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]:
            return judge(expected, output)

        return judge_case

    def stage(self, name: str, *, weight: float = 1.0, gate: bool = False) -> Stage:
        """Describe this judge as a stage, in the judge's own lane; raises JudgeError."""
        bound = self.bound()
        return Stage(
            name=name,
            judge=self.name,
            judge_version=bound.version,
            judge_options=self.judge_options(),
            judge_pins=dict(bound.pins),
            lane=bound.lane,
            weight=weight,
            gate=gate,
        )


class WeightedJudge(JudgeSpec):
    """A judge that is a stage of its own, and what it weighs."""

    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)
