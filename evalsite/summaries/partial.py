"""A running batch's figures so far, from one look at its scorecards: cheap, and only partial."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from evalsite.stats.intervals import bounded_mean, wilson

# A pace is of the last minute, for models slow down and speed up.
RECENT_SECONDS: Final = 60


class Partial(NamedTuple):
    """What is there of a batch, in scorings; `open` ones wait for a later step.

    `rate` is of the `n` cases with a verdict so far, each counting once, with its 95 % interval;
    None without any. `recent` scorings were written in the last minute.
    """

    passed: int
    failed: int
    unscored: int
    errored: int
    open: int
    recent: int
    n: int
    rate: float | None
    low: float | None
    high: float | None


_COUNTED: Final = """
    SELECT count(*) FILTER (WHERE status = 'passed'), count(*) FILTER (WHERE status = 'failed'),
           count(*) FILTER (WHERE status = 'unscored'), count(*) FILTER (WHERE status = 'errored'),
           count(*) FILTER (WHERE status = 'open'),
           count(*) FILTER (WHERE scored_at > now() - make_interval(secs => %(recent)s))
    FROM scoring_scorecard WHERE batch_id = %(batch)s
"""
# Repetitions of a case are alike, so that they are averaged before they are counted.
_SHARES: Final = """
    SELECT count(share), avg(share)::float8, stddev_samp(share)::float8 FROM (
        SELECT avg((status = 'passed')::int) AS share FROM scoring_scorecard
        WHERE batch_id = %(batch)s AND status IN ('passed', 'failed') GROUP BY revision_id) cases
"""
_NOTHING: Final = (None, None, None)


def partial(batch_id: UUID, *, repetitions: int = 1) -> Partial:
    """Answer the figures of what is scored so far."""
    wanted: dict[str, UUID | int] = {"batch": batch_id, "recent": RECENT_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, wanted)
        passed, failed, unscored, errored, waiting, recent = cursor.fetchone()
        n, mean, sd = passed + failed, None, None
        if repetitions > 1:
            cursor.execute(_SHARES, wanted)
            n, mean, sd = cursor.fetchone()
    if not n:
        rate, low, high = _NOTHING
    elif mean is None:
        rate, (low, high) = passed / n, wilson(passed, n)
    else:
        rate, (low, high) = mean, bounded_mean(mean, sd=sd, n=n)
    return Partial(
        passed, failed, unscored, errored, waiting, recent, n=n, rate=rate, low=low, high=high
    )
