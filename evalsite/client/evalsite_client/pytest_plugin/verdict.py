"""Whether a test passes: the mean over its cases, with its interval, against the threshold.

Repetitions are averaged inside a case, and the case is the unit: asking one case ten times tells
more about this case and nothing about the others, so it does not narrow the interval as ten cases
do. The interval is Wilson's, for as many units as there are cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from evalsite_client.intervals import Interval, units_wanted, wilson


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of one trial; `value` is None where it came to nothing, and `why` says why."""

    group: str
    suite: str
    key: str
    repetition: int
    n_cases: int
    threshold: float
    confidence: float
    value: float | None
    passed: bool
    why: str = ""
    skipped: bool = False
    told: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is said about a test as a whole."""

    passed: bool
    text: str


def judge(trials: Sequence[Done]) -> Verdict | None:
    """Answer the verdict about one test; None where all of it was skipped."""
    if all(trial.skipped for trial in trials):
        return None
    asked = trials[0]
    rate, n = _mean(trials)
    seen = wilson(rate, n, confidence=asked.confidence)
    open_ = [trial for trial in trials if trial.value is None]
    passed = not open_ and seen.low >= asked.threshold
    return Verdict(passed=passed, text=_sentence(trials, rate=rate, n=n, seen=seen))


def _mean(trials: Sequence[Done]) -> tuple[float, int]:
    """Answer the mean over the cases of their own means, and how many cases have one."""
    by_case: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        if trial.value is not None:
            by_case[trial.key].append(trial.value)
    means = [fmean(values) for values in by_case.values()]
    return (fmean(means), len(means)) if means else (0.0, 0)


def _sentence(trials: Sequence[Done], *, rate: float, n: int, seen: Interval) -> str:
    asked = trials[0]
    part = f" of {asked.n_cases}" if n != asked.n_cases else ""
    share = f"{rate:.1%} over {n}{part} cases"
    interval = f"{asked.confidence:.0%} interval {seen.low:.1%} to {seen.high:.1%}"
    because = _because(trials, rate, seen=seen)
    return f"{share}, {interval}, threshold {asked.threshold:.1%}: {because}"


def _because(trials: Sequence[Done], rate: float, *, seen: Interval) -> str:
    asked = trials[0]
    broken = [trial for trial in trials if trial.value is None]
    if broken:
        first = broken[0]
        told = f"{len(broken)} of {len(trials)} trials came to nothing"
        return f"{told} ({first.key} #{first.repetition}: {first.why})"
    if seen.low >= asked.threshold:
        return "shown to clear it"
    if seen.high < asked.threshold:
        return "shown to be below it"
    wanted = units_wanted(rate, threshold=asked.threshold, confidence=asked.confidence)
    if wanted is None:
        return "not shown to clear it"
    return f"not shown to clear it; at this rate {wanted} cases would show it"
