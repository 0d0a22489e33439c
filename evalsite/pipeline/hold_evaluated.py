"""Hold a batch against the gate that its evaluation, or its schedule, names."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.errors import EvalsiteError
from evalsite.gates.check import check
from evalsite.gates.models import GateCheck
from evalsite.gates.queries import find_gate, held
from evalsite.regressions.models import Comparison

ACTOR = "evaluation loop"
# An evaluation's goes before a schedule's.
_GATE: Final = """
    SELECT gate FROM (
        SELECT 1 AS place, q.id, e.gate FROM pipeline_evaluationrequest q
        JOIN pipeline_evaluation e ON e.id = q.evaluation_id WHERE q.batch_id = %(batch)s
        UNION ALL
        SELECT 2, t.id, s.gate FROM schedules_tick t
        JOIN schedules_schedule s ON s.id = t.schedule_id WHERE t.batch_id = %(batch)s
    ) named WHERE gate <> '' ORDER BY place, id LIMIT 1
"""


def hold_evaluated(batch: Batch, comparison: Comparison | None) -> GateCheck | None:
    """Check the gate, if there is one and something to compare with.

    A gate that is gone or does not fit is told in the audit trail: the batch is finished anyhow.
    """
    gate = _gate_of(batch)
    if gate is None or comparison is None:
        return None
    try:
        with transaction.atomic():
            return check(held(find_gate(gate)), comparison, actor=ACTOR)
    except EvalsiteError as error:
        record("evaluation.gate_refused", batch.pk, actor=ACTOR, code=error.code, gate=gate)
        return None


def _gate_of(batch: Batch) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_GATE, {"batch": batch.pk})
        row: tuple[str] | None = cursor.fetchone()
    return row[0] if row else None
