"""Purge what systems answered, run by run."""

from __future__ import annotations

from typing import Any, Final

from django.db.models.functions import Now

from evalsite.retention import held
from evalsite.retention.models import Purge
from evalsite.retention.piece import Taken, change, leave_unit, next_unit, select
from evalsite.targets.models import Run

_UNITS: Final = f"""
    SELECT r.id FROM targets_run r
    WHERE r.id >= %(unit)s AND coalesce(r.completed_at, r.created_at) < %(cutoff)s
      AND NOT EXISTS (SELECT 1 FROM batches_batch b
                      WHERE b.run_id = r.id AND b.state IN ('running', 'paused'))
      AND EXISTS (SELECT 1 FROM targets_output o WHERE o.run_id = r.id)
      AND NOT {held.RUN}
    ORDER BY r.id LIMIT 1
"""
_PIECE: Final = f"""
    SELECT o.id, o.case_id, coalesce(pg_column_size(o.answer), 0) + octet_length(o.error),
        o.recorded_at < %(cutoff)s AND NOT {held.OUTPUT}
    FROM targets_output o WHERE o.run_id = %(unit)s AND o.case_id > %(place)s
    ORDER BY o.case_id FETCH FIRST %(rows)s ROWS WITH TIES
"""
_DELETE: Final = "DELETE FROM targets_output WHERE id = ANY (%(ids)s)"


def take_outputs(purge: Purge, *, rows: int) -> Taken | None:
    """Delete the next outputs; None where none is left."""
    unit = next_unit(purge, _UNITS)
    if unit is None:
        return None
    values: dict[str, Any] = {"unit": unit, "place": purge.place, "cutoff": purge.cutoff}
    found = select(_PIECE, {**values, "rows": rows})
    if not found:
        leave_unit(purge)
        return Taken()
    purge.place = found[-1][1]
    old = sorted((case, id, size) for id, case, size, is_old in found if is_old)
    ids = [id for _, id, _ in old]
    if change(_DELETE, {"ids": ids}):
        Run.objects.filter(pk=unit).update(outputs_purged_at=Now())
    return Taken(ids, sum(size for *_, size in old))
