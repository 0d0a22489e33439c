"""Purge what has no batch or run to go by: replies of models, results, audit entries."""

from __future__ import annotations

from typing import Final

from evalsite.audit.purge import purge_entries
from evalsite.retention import held
from evalsite.retention.models import Hold, Purge
from evalsite.retention.piece import Taken, change, leave_unit, next_unit, select

_REPLIES: Final = f"""
    SELECT id, pg_column_size(text) + pg_column_size(tool_calls) FROM calls_reply
    WHERE created_at < %(cutoff)s AND NOT {held.ANYTHING}
    ORDER BY created_at, id LIMIT %(rows)s
"""
_DELETE_REPLIES: Final = "DELETE FROM calls_reply WHERE id = ANY (%(ids)s)"
# An open experiment is decided by its results.
_EXPERIMENTS: Final = f"""
    SELECT e.id FROM experiments_experiment e
    WHERE e.id >= %(unit)s AND e.state <> 'open' AND NOT {held.EXPERIMENT} AND EXISTS (
        SELECT 1 FROM experiments_result k
        WHERE k.experiment_id = e.id AND k.recorded_at < %(cutoff)s)
    ORDER BY e.id LIMIT 1 FOR NO KEY UPDATE OF e
"""
_RESULTS: Final = """
    SELECT id, pg_column_size(metadata) + 200 FROM experiments_result
    WHERE experiment_id = %(unit)s AND recorded_at < %(cutoff)s ORDER BY id LIMIT %(rows)s
"""
_DELETE_RESULTS: Final = "DELETE FROM experiments_result WHERE id = ANY (%(ids)s)"


def take_replies(purge: Purge, *, rows: int) -> Taken | None:
    """Delete the oldest replies; None where none is left, or anything is held."""
    found = select(_REPLIES, {"cutoff": purge.cutoff, "rows": rows})
    if not found:
        return None
    ids = [id for id, _ in found]
    change(_DELETE_REPLIES, {"ids": ids})
    return Taken(ids, sum(size for _, size in found))


def take_results(purge: Purge, *, rows: int) -> Taken | None:
    """Delete the next results of a decided or closed experiment; None where none is left."""
    unit = next_unit(purge, _EXPERIMENTS)
    if unit is None:
        return None
    found = select(_RESULTS, {"unit": unit, "cutoff": purge.cutoff, "rows": rows})
    if not found:
        leave_unit(purge)
        return Taken()
    ids = [id for id, _ in found]
    change(_DELETE_RESULTS, {"ids": ids})
    return Taken(ids, sum(size for _, size in found))


def take_entries(purge: Purge, *, rows: int) -> Taken | None:
    """Delete the oldest audit entries; None where none is left, or anything is held.

    They go as maintenance and in a transaction of their own: no other role may delete them. Their
    own chain vouches for them, so that the receipt only counts.
    """
    if Hold.objects.exists():
        return None
    return Taken(n_unnamed=n) if (n := purge_entries(before=purge.cutoff, limit=rows)) else None
