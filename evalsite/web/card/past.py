"""What became of a case in the last batches of its suite."""

from __future__ import annotations

from typing import Final, NamedTuple

from evalsite.batches.models import Batch
from evalsite.scoring.last_verdicts import LastVerdict, last_verdicts, newest_finished
from evalsite.scoring.models import Scorecard
from evalsite.web.charts.sparkline import SparkPoint

LONGEST: Final = 20


class Past(NamedTuple):
    """The case in one batch; without a verdict it was not in it, or its scorecard was purged."""

    batch: Batch
    verdict: LastVerdict | None
    is_here: bool


class History(NamedTuple):
    """The newest first; `points` are the scores for a sparkline, the oldest first."""

    rows: list[Past]
    points: list[SparkPoint]

    @property
    def n_judged(self) -> int:
        """In how many of the batches the case has a verdict."""
        return sum(row.verdict is not None for row in self.rows)


def history_of(card: Scorecard) -> History:
    """Answer the case in the last finished batches of the suite, in three queries."""
    batches = newest_finished(card.batch.suite, most=LONGEST)
    case = card.revision.case_id
    verdicts = last_verdicts(batches, cases=[case])
    rows = [
        Past(batch, verdicts.get((batch.pk, case)), batch.pk == card.batch_id) for batch in batches
    ]
    points: list[SparkPoint] = [
        (row.verdict.score if row.verdict else None, None, None, str(row.batch.run))
        for row in reversed(rows)
    ]
    return History(rows, points)
