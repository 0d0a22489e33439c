"""How fast a step of a batch goes, and how long it will still take."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from evalsite.batches.queries import StepProgress

# Before this much is done nobody can tell how long the rest takes.
_TOLD_FROM: Final = 0.05


class Pace(NamedTuple):
    """Cases a second, and the seconds left of the step; None where it cannot be told."""

    per_second: float | None
    seconds_left: float | None


def pace(step: StepProgress, *, recent: float, window: float, now: datetime) -> Pace:
    """Answer the pace of a running step that did `recent` cases in the last `window` seconds.

    A step that did none of late is told by all it has done since it began.
    """
    if step.started_at is None or not step.cases_done:
        return Pace(None, None)
    age = max((now - step.started_at).total_seconds(), 1.0)
    lately = min(recent, step.cases_done) / min(window, age)
    per_second = lately or step.cases_done / age
    if step.cases_done < _TOLD_FROM * step.n_cases:
        return Pace(per_second, None)
    return Pace(per_second, (step.n_cases - step.cases_done) / per_second)


def in_words(seconds: float) -> str:
    """Write how long something takes, no finer than can be known: 40 s, 12 min, 3 h 20 min."""
    if seconds < 60:
        return f"{max(round(seconds / 5), 1) * 5} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{minutes} min"
