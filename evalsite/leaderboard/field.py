"""What the systems of a board scored: a row for each, the same cases in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import transaction

from evalsite.leaderboard.models import Board, Metric
from evalsite.regressions.copied import copied
from evalsite.scoring.all_cards import ALL_CARDS
from evalsite.summaries.figures import work_in_memory

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Scores = npt.NDArray[np.float64]
    Clusters = npt.NDArray[np.int64]

# Cases of one cluster stand side by side; a case that names none is a cluster of its own. They are
# numbered by the database: of a million cases it alone knows the ids.
_CASES = """
    SELECT r.id, coalesce(nullif(r.metadata ->> s.cluster_key, ''), r.id::text) AS cluster
    FROM cases_revision r JOIN cases_suite s ON s.id = r.suite_id
    WHERE r.suite_id = %(suite)s AND r.from_version <= %(at)s
      AND (r.until_version IS NULL OR r.until_version > %(at)s)
"""
_CLUSTERS = f"""
    SELECT dense_rank() OVER (ORDER BY cluster) - 1 FROM ({_CASES}) AS cases ORDER BY cluster, id
"""
# As comparisons have it, a case has a figure where all its repetitions have it.
_SCORES = f"""
    SELECT b.place::int2, c.place::int8, coalesce(pass_rate, 'NaN'), coalesce(score, 'NaN')
    FROM (
        SELECT batch_id, revision_id,
            CASE WHEN bool_and(status IN ('passed', 'failed'))
                 THEN avg((status = 'passed')::int::float8) END AS pass_rate,
            CASE WHEN bool_and(overall_score IS NOT NULL) THEN avg(overall_score) END AS score
        FROM {ALL_CARDS} AS cards
        WHERE batch_id = ANY(%(batches)s::uuid[]) AND status <> 'open'
        GROUP BY batch_id, revision_id
    ) AS cells
    JOIN unnest(%(batches)s::uuid[]) WITH ORDINALITY AS b (id, place) ON b.id = batch_id
    JOIN (SELECT id, row_number() OVER (ORDER BY cluster, id) AS place FROM ({_CASES}) AS cases) c
        ON c.id = revision_id
"""
_COLUMNS: Final = {"batch": ">i2", "case": ">i8", Metric.RATE: ">f8", Metric.SCORE: ">f8"}


@dataclass(frozen=True, slots=True)
class Field:
    """Scores of batches (rows) in cases (columns), NaN for none.

    `clusters` numbers the cluster of each case, ascending; None where every case stands alone.
    """

    scores: Scores
    clusters: Clusters | None = None

    def of(self, rows: Sequence[int]) -> Field:
        """Answer these rows only, in this order."""
        return Field(self.scores[list(rows)], self.clusters)


def load_fields(board: Board, batches: Sequence[UUID]) -> dict[Metric, Field]:
    """Load the batches' scores in the board's cases by each metric, a row each in this order."""
    import numpy as np

    with transaction.atomic():
        work_in_memory()
        of_board = {"suite": board.suite_id, "at": board.suite_version}
        clusters = copied(_CLUSTERS, columns={"cluster": ">i8"}, values=of_board)["cluster"]
        values = {"batches": list(batches), **of_board}
        cells = copied(_SCORES, columns=_COLUMNS, values=values)
    n = len(clusters)
    alone = not n or clusters[-1] == n - 1
    fields = {}
    for metric in Metric:
        scores = np.full((len(batches), n), np.nan)
        scores[cells["batch"] - 1, cells["case"] - 1] = cells[metric]
        fields[metric] = Field(scores, None if alone else clusters)
    return fields
