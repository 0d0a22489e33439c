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
    count(*) FILTER (WHERE status = 'passed'), count(*) FILTER (WHERE status = 'failed'),
    count(*) FILTER (WHERE status = 'unscored'), count(*) FILTER (WHERE status = 'errored'),
    count(*) FILTER (WHERE status = 'open'),
    count(*) FILTER (WHERE scored_at > now() - make_interval(secs => %(recent)s))
"""
_CARDS: Final = "FROM scoring_scorecard WHERE batch_id = %(batch)s"
_ONCE: Final = f"SELECT {_COUNTED} {_CARDS}"
# Repetitions of a case are alike, so that they are averaged before they are counted.
_REPEATED: Final = f"""
    SELECT c.*, s.* FROM (SELECT {_COUNTED} {_CARDS}) c CROSS JOIN (
        SELECT count(share), avg(share), stddev_samp(share) FROM (
            SELECT avg((status = 'passed')::int) AS share {_CARDS}
            AND status IN ('passed', 'failed') GROUP BY revision_id) cases) s
"""


def partial(batch_id: UUID, *, repetitions: int = 1) -> Partial:
    """Answer the figures of what is scored so far."""
    wanted = {"batch": batch_id, "recent": RECENT_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(_ONCE if repetitions == 1 else _REPEATED, wanted)
        row = cursor.fetchone()
    counts = row[:6]
    if repetitions == 1:
        return Partial(*counts, *_share(passed=counts[0], n=counts[0] + counts[1]))
    n, mean, sd = row[6:]
    if not n:
        return Partial(*counts, 0, None, None, None)
    sd = None if sd is None else float(sd)
    return Partial(*counts, n, float(mean), *bounded_mean(float(mean), sd=sd, n=n))


def _share(*, passed: int, n: int) -> tuple[int, float | None, float | None, float | None]:
    return (n, passed / n, *wilson(passed, n)) if n else (0, None, None, None)
