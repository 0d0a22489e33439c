"""Sweep the blobs that no row refers to: mark by looking at all rows, then delete the unmarked."""

from __future__ import annotations

from typing import Any, Final

from evalsite.blobs.keep import seen, sweep, sweep_orphans
from evalsite.blobs.models import Blob
from evalsite.retention.models import Purge
from evalsite.retention.piece import Taken, leave_unit, select

_UNIT: Final = """
    SELECT id FROM (
        SELECT id FROM targets_run WHERE id >= %(unit)s
        UNION ALL SELECT id FROM batches_batch WHERE id >= %(unit)s) AS units
    ORDER BY id LIMIT 1
"""
_REFERENCES: Final = """
    SELECT answer ->> '$blob' FROM targets_output
    WHERE run_id = %(unit)s AND answer ? '$blob'
    UNION
    SELECT s.value ->> '$blob'
    FROM scoring_scorecard c CROSS JOIN LATERAL jsonb_each(c.details) AS s
    WHERE c.batch_id = %(unit)s AND c.details <> '{}' AND s.value ? '$blob'
"""


def take_blobs(purge: Purge, *, rows: int) -> Taken | None:
    """Mark what a run's outputs or a batch's scorecards refer to; after the last, delete the rest.

    A content that is kept meanwhile has a new date, and so is safe.
    """
    if not Blob.objects.filter(kept_at__lt=purge.cutoff).exists():
        return None
    values: dict[str, Any] = {"unit": purge.unit}
    if units := select(_UNIT, values):
        ((purge.unit,),) = units
        found = select(_REFERENCES, {"unit": purge.unit})
        seen([sha256 for (sha256,) in found if sha256], before=purge.cutoff)
        leave_unit(purge)
        return Taken()
    swept = sweep(before=purge.cutoff, limit=rows)
    if len(swept) < rows:
        sweep_orphans(before=purge.cutoff)
    return Taken([id for id, _ in swept], sum(size for _, size in swept))
