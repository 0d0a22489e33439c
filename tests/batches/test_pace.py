"""How long a step of a batch still takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from evalsite.batches.pace import Pace, in_words, pace
from evalsite.batches.queries import StepProgress

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def told(done: int, *, recent: float, age: float | None = 600) -> Pace:
    began = None if age is None else NOW - timedelta(seconds=age)
    figures: dict[str, Any] = {"n_cases": 1000, "cases_done": done, "started_at": began}
    rest: dict[str, Any] = {
        "round": 0,
        "number": 0,
        "lane": "cpu",
        "stages": [],
        "state": "running",
    }
    chunks: dict[str, Any] = {
        "n_chunks": 1,
        "chunks_done": 0,
        "chunks_failed": 0,
        "finished_at": None,
    }
    step = StepProgress(**{**rest, **chunks, **figures})
    return pace(step, recent=recent, window=60, now=NOW)


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (told(400, recent=120), Pace(2.0, 300.0)),  # the last minute counts
        (told(400, recent=0), Pace(400 / 600, 900.0)),  # nothing of late: all there was
        (told(40, recent=20, age=20), Pace(1.0, None)),  # too early to tell
        (told(60, recent=999, age=20), Pace(3.0, 940 / 3)),  # others' scorings are not this step's
        (told(0, recent=0), Pace(None, None)),
        (told(10, recent=10, age=None), Pace(None, None)),
    ],
)
def test_it_is_told_by_the_last_minute(seen: Pace, wanted: Pace) -> None:
    assert seen == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "5 s"), (42, "40 s"), (61, "1 min"), (3599, "1 h 0 min"), (12_000, "3 h 20 min")],
)
def test_times_are_no_finer_than_known(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
