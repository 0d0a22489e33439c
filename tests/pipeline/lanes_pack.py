"""A pack for tests: a gate in the cpu lane, then a stage in the sandbox lane, told what to say."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from judges.protocol import Score
from packs.protocol import CaseJudge, Stage


class Anything(BaseModel):
    """Takes what it is given."""

    model_config = ConfigDict(extra="allow")


class LanesPack:
    """The output says what each stage's verdict is: passed, failed, unscored or crash."""

    name = "lanes"
    version = "1"
    title = "two lanes"
    Input = Expected = Output = Options = Anything

    def stages(self, options: Any) -> tuple[Stage, ...]:
        """A gate, then a stage of another lane."""
        return (
            Stage(name="first", judge="told", gate=True),
            Stage(name="second", judge="told", lane="sandbox"),
        )

    def judge_of(self, stage: Stage, options: Any) -> CaseJudge:
        """Say what the output says."""

        def judge(expected: Any, output: Any, *, input: Any) -> Score:
            told = output[stage.name]
            if told == "crash":
                raise RuntimeError("told to crash")
            if told == "unscored":
                return Score.unscored("told", "told to give no score")
            return Score.of(1.0 if told == "passed" else 0.0)

        return judge


PACK = LanesPack()
