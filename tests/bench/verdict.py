"""What a bench with a goal says: one JSON line, a table, and whether the goal is met."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NamedTuple, NoReturn


class Goal(NamedTuple):
    """One figure, its unit, and the limit that it must keep."""

    what: str
    figure: float
    limit: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it keeps its limit."""
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit


def verdict(name: str, goals: list[Goal], **figures: Any) -> NoReturn:
    """Print all, and end with 0 where every goal is met, else with 1."""
    told = {goal.what: {**goal._asdict(), "is_met": goal.is_met} for goal in goals}
    report = {"bench": name, "goals": told, **figures, "load": os.getloadavg()[0]}
    print(json.dumps(report, default=str))
    for key, figure in figures.items():
        print(f"{key:<44} {figure}", file=sys.stderr)
    for goal in goals:
        sign = ">=" if goal.at_least else "<="
        state = "met" if goal.is_met else "MISSED"
        text = f"{goal.what:<44} {goal.figure:>10.2f}  {sign} {goal.limit:.2f}  {state}"
        print(text, file=sys.stderr)
    sys.exit(0 if all(goal.is_met for goal in goals) else 1)
