"""Hold a batch of the evaluation loop against the gate that its evaluation names."""

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

ACTOR = "evaluation loop"


def hold_evaluated(batch: Batch, comparison: Comparison | None) -> GateCheck | None:
    """Check the gate, if there is one and something to compare with.

    A gate that is gone or does not fit is told in the audit trail: the batch is finished anyhow.
    """
    requests = EvaluationRequest.objects.filter(batch=batch).exclude(evaluation__gate="")
    gate = requests.values_list("evaluation__gate", flat=True).first()
    if gate is None or comparison is None:
        return None
    try:
        with transaction.atomic():
            return check(held(find_gate(gate)), comparison, actor=ACTOR)
    except EvalsiteError as error:
        record("evaluation.gate_refused", batch.pk, actor=ACTOR, code=error.code, gate=gate)
        return None
