"""A batch's scorecards out, as JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard

_COLUMNS: Final = {
    "key": "revision__case__key",
    "revision": "revision__number",
    "repetition": "repetition",
    "status": "status",
    "score": "overall_score",
    "passed": "overall_passed",
    "stages": "stages",
    "latency_ms": "latency_ms",
    "tokens_in": "tokens_in",
    "tokens_out": "tokens_out",
    "cost_usd": "cost_usd",
}


def export_scorecards(
    batch: Batch, *, details: bool = False, actor: object = ""
) -> Iterator[dict[str, Any]]:
    """Answer a batch's scorecards, streamed, and put on the audit trail that they were taken.

    `key` is the case's, `revision` its number; `details` adds what the judges said.
    """
    record("scorecards.exported", batch, actor=actor, details=details)
    columns = {**_COLUMNS, **({"details": "details"} if details else {})}
    cards = Scorecard.objects.filter(batch=batch).order_by("revision_id", "repetition")
    rows = cards.values_list(*columns.values()).iterator(chunk_size=1000)
    return (dict(zip(columns, row, strict=True)) for row in rows)
