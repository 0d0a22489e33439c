"""Hold a batch against the gate that its evaluation, or its schedule, names."""

from __future__ import annotations

from django.db import transaction

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.errors import EvalsiteError
from evalsite.gates.check import check
from evalsite.gates.models import GateCheck
from evalsite.gates.queries import find_gate, held
from evalsite.pipeline.models import EvaluationRequest
from evalsite.regressions.models import Comparison
from evalsite.schedules.models import Tick

ACTOR = "evaluation loop"


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
    requests = EvaluationRequest.objects.filter(batch=batch).exclude(evaluation__gate="")
    ticks = Tick.objects.filter(batch=batch).exclude(schedule__gate="")
    return (
        requests.values_list("evaluation__gate", flat=True).first()
        or ticks.values_list("schedule__gate", flat=True).first()
    )
