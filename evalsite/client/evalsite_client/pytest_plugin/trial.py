"""One case, tried once: what the test is given as the fixture `evalsite`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar, cast

import pytest

from evalsite_client.pytest_plugin.cases import Case
from evalsite_client.pytest_plugin.mark import Asked

P = ParamSpec("P")
T = TypeVar("T")
_MEASURES: Final = ("latency_ms", "tokens_in", "tokens_out", "cost_usd")


@dataclass(frozen=True)
class Planned:
    """A case that is to be tried, for the so-manieth time."""

    asked: Asked
    case: Case
    repetition: int
    n_cases: int
    recorded: Any = None


class Trial:
    """A case being tried. What it answered goes with the results; what it scored decides."""

    def __init__(self, planned: Planned, *, live: bool) -> None:
        self.planned = planned
        self._live = live
        self.case = planned.case
        self.repetition = planned.repetition
        self.score: float | None = None
        self.told: dict[str, Any] = {}

    def live(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the system under test, and keep its answer and how long it took.

        Without --evalsite-live nothing is called: the recorded answer is taken, else the trial is
        skipped.
        """
        if not self._live:
            if self.planned.recorded is None:
                pytest.skip("no recorded answer, and live calls are off: give --evalsite-live")
            self.record(answer=self.planned.recorded)
            return cast(T, self.planned.recorded)
        begun = time.perf_counter()
        answer = call(*args, **kwargs)
        self.record(latency_ms=(time.perf_counter() - begun) * 1000)
        if _is_json(answer):
            self.record(answer=answer)
        return answer

    def record(
        self,
        *,
        answer: Any = None,
        score: float | None = None,
        metadata: Mapping[str, Any] | None = None,
        **measures: float,
    ) -> None:
        """Keep an answer (as the suite's pack has it), a score in 0..1, and what was measured.

        Without a score the trial counts 1 if the test passes, 0 if an assertion fails. Raises
        ValueError for what cannot be kept.
        """
        if score is not None and not 0 <= score <= 1:
            raise ValueError("a score lies in 0..1")
        if unknown := set(measures) - set(_MEASURES):
            raise ValueError(f"no such measure: {', '.join(sorted(unknown))}")
        told = {"answer": answer, "metadata": metadata and dict(metadata), **measures}
        told = {name: value for name, value in told.items() if value is not None}
        # What travels between processes and to the server is plain.
        self.told |= json.loads(json.dumps(told, allow_nan=False))
        self.score = self.score if score is None else float(score)


def _is_json(answer: object) -> bool:
    try:
        json.dumps(answer, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
