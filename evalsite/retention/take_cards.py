"""Purge scorecards, or only what judges gave as reasons, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models.functions import Now

from evalsite.batches.models import Batch
from evalsite.retention import held
from evalsite.retention.models import Purge
from evalsite.retention.piece import Taken, leave_unit, next_unit, select
from evalsite.scoring.extract import empty_texts, extract

# The batch is locked with its piece: whoever resumes it waits, and then sees what is gone.
_UNITS: Final = f"""
    SELECT b.id FROM batches_batch b
    WHERE b.id >= %(unit)s AND b.state IN ('finished', 'cancelled')
      AND coalesce(b.finished_at, b.created_at) < %(cutoff)s AND {{is_due}} AND NOT {held.BATCH}
    ORDER BY b.id LIMIT 1 FOR NO KEY UPDATE OF b
"""
_WITH_CARDS: Final = _UNITS.format(
    is_due="EXISTS (SELECT 1 FROM scoring_scorecard c WHERE c.batch_id = b.id)"
)
_WITH_TEXTS: Final = _UNITS.format(is_due="b.texts_purged_at IS NULL AND b.cards_purged_at IS NULL")
_PIECE: Final = """
    SELECT c.revision_id, c.id, pg_column_size(c.details), pg_column_size(c.stages),
        c.details <> '{}'
    FROM scoring_scorecard c WHERE c.batch_id = %(unit)s AND c.revision_id > %(place)s
    ORDER BY c.revision_id FETCH FIRST %(rows)s ROWS WITH TIES
"""


def take_cards(purge: Purge, *, rows: int) -> Taken | None:
    """Replace the next scorecards by their extract; None where none is left."""
    batch = next_unit(purge, _WITH_CARDS)
    if batch is None:
        return None
    found = _piece(purge, rows=rows)
    if not found:
        leave_unit(purge)
        return Taken()
    ids = [id for _, id, *_ in found]
    extract(batch, cards=ids)
    Batch.objects.filter(pk=batch).update(cards_purged_at=Now())
    return Taken(ids, sum(details + stages for *_, details, stages, _ in found))


def take_texts(purge: Purge, *, rows: int) -> Taken | None:
    """Empty the next scorecards of their texts; None where none is left."""
    batch = next_unit(purge, _WITH_TEXTS)
    if batch is None:
        return None
    found = _piece(purge, rows=rows)
    if not found:
        Batch.objects.filter(pk=batch).update(texts_purged_at=Now())
        leave_unit(purge)
        return Taken()
    told = [(id, size) for _, id, size, _, has_text in found if has_text]
    ids: Sequence[UUID] = [id for id, _ in told]
    empty_texts(ids)
    return Taken(ids, sum(size for _, size in told))


def _piece(purge: Purge, *, rows: int) -> list[tuple[Any, ...]]:
    """The next scorecards of the batch in hand, all repetitions of a case together."""
    found = select(_PIECE, {"unit": purge.unit, "place": purge.place, "rows": rows})
    if found:
        purge.place = found[-1][0]
    return sorted(found)
