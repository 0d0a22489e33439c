"""Stop a batch early: its experiment is settled, and what is left would change nothing."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from evalsite.audit.record import record
from evalsite.batches import steer
from evalsite.batches.models import Batch, BatchState
from evalsite.experiments.decide import decide
from evalsite.experiments.looks import look
from evalsite.experiments.models import Arm
from evalsite.experiments.queries import arm_of, newest_decision
from evalsite.experiments.record_batch import record_settled
from evalsite.experiments.savings import savings, savings_in_words
from evalsite.pipeline.revoke import revoke
from evalsite.summaries.summarize import summarize

SETTLED_EARLY = "settled_early"


def stop_if_settled(batch_id: UUID) -> bool:
    """Look at a batch if it is watched, and cancel the rest once its experiment is settled.

    Whoever commits a chunk calls this. Of several at once one looks and one stops; should that one
    die between, the next chunk finds the look's row and stops the batch.
    """
    arm = look(batch_id)
    return arm is not None and bool(arm.settled) and _stop(arm)


def stopped_early(batch: Batch) -> str | None:
    """Say what stopping the batch early decided and saved; None if it was not stopped so."""
    arm = arm_of(batch.pk)
    if arm is None or not arm.settled or batch.state != BatchState.CANCELLED:
        return None
    decision = newest_decision(arm.experiment)
    verdict = decision.verdict if decision else arm.settled
    return f"[{SETTLED_EARLY}] {verdict}: {savings_in_words(savings(arm))}"


def _stop(arm: Arm) -> bool:
    try:
        with transaction.atomic():
            batch = steer.cancel(arm.batch_id)
            summarize(batch)
            record_settled(arm, batch)
            seen = {"code": SETTLED_EARLY, "cases": arm.n_seen, "of": batch.n_cases}
            record("batch.settled", batch.pk, actor=f"experiment {arm.experiment}", **seen)
            decide(arm.experiment, variant_version=arm.version, actor=f"batch {batch.pk}")
    except steer.BatchNotRunning:
        return False
    revoke(batch)
    return True
