"""Ask a gate about a batch: compare it with its baseline, and hold the gate against that."""

from __future__ import annotations

from django.db import transaction

from evalsite.batches.models import Batch, BatchState
from evalsite.errors import EvalsiteError
from evalsite.gates.check import check, require_fit
from evalsite.gates.models import Gate, GateCheck
from evalsite.gates.queries import held
from evalsite.regressions.choose import baseline_for
from evalsite.targets.models import Run


class RunNotEvaluated(EvalsiteError):
    """No batch of the run is finished, so there is nothing to ask about."""

    code = "run_not_evaluated"
    hint = "start a batch of the run, or wait for the one that runs"
    exit_code = 2


def ask(gate: Gate, batch: Batch, *, baseline: str = "", actor: object = "") -> GateCheck:
    """Answer what the gate says about the batch against the baseline that a text names.

    Without a text it is the baseline due to the batch. Raises GateUnfit, BaselineUnknown and
    ComparisonRefused.
    """
    from evalsite.regressions.compare import compare_with

    wanted = held(gate)
    require_fit(wanted, batch)
    with transaction.atomic():
        against, chosen_by = baseline_for(batch, baseline)
        comparison = compare_with(batch, against, chosen_by=chosen_by)
        return check(wanted, comparison, actor=actor)


def newest_batch(run: Run, *, gate: Gate) -> Batch:
    """Answer the run's newest finished batch that the gate is for; raises RunNotEvaluated."""
    batches = Batch.objects.filter(run=run).select_related("suite", "run__target")
    if gate.suite_id is not None:
        batches = batches.filter(suite=gate.suite_id)
    newest = batches.order_by("-created_at", "-pk")
    found = newest.filter(state=BatchState.FINISHED).first()
    if found is None:
        last = newest.first()
        told = f"its newest is {last.state}" if last else "it has none"
        raise RunNotEvaluated(f"run {run.name!r} has no finished batch for this gate: {told}")
    return found
