"""What came of asking a live target."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any, NamedTuple

from judges.models import ModelError, Usage


class TargetFailed(ModelError):
    """The system under test gave no answer that can be used: `target_timeout`, `target_status` ...

    It becomes the output's error, and so the case's, never a wrong answer.
    """


class Reply(NamedTuple):
    """An output or an error, with what it took; an unknown figure is None."""

    output: Any = None
    error: str = ""
    latency_ms: float | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None


class Given(NamedTuple):
    """What a target gave: the fields of the pack's output, and what it took.

    `latency_ms` is the target's own time, without what was waited for limits.
    """

    output: Any
    latency_ms: float | None
    usage: Sequence[Usage] = ()


class Stopwatch:
    """Counts milliseconds from when it is made."""

    def __init__(self) -> None:
        self._started = perf_counter()

    def ms(self) -> float:
        """Answer how many have gone by."""
        return round((perf_counter() - self._started) * 1000, 3)
