"""A judge as options name it: by name alone, or with threshold and options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from judges.options import bind
from judges.protocol import Judge, Threshold
from judges.registry import Loaded


class NamedJudge(BaseModel):
    """Which judge, and its options; threshold is short for the option of that name."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    name: str
    threshold: Threshold | None = None
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and (strange := set(value) - set(cls.model_fields)):
            told = ", ".join(sorted(map(str, strange)))
            raise ValueError(f'{told}: what a judge is told stands under "options"')
        return {"name": value} if isinstance(value, str) else value

    def judge_options(self) -> dict[str, Any]:
        """Give the options that the judge is called with."""
        given = {} if self.threshold is None else {"threshold": self.threshold}
        return {**self.options, **given}

    def bound(self) -> Loaded[Judge]:
        """Load the judge with its options fixed; raises JudgeError."""
        return bind(self.name, self.judge_options())
