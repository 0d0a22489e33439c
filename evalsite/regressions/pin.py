"""Pin a batch: what later runs of its target are compared with on its suite."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record
from evalsite.batches.models import Batch, BatchState
from evalsite.errors import EvalsiteError
from evalsite.regressions.models import Baseline


class BaselineUnfinished(EvalsiteError):
    """Only a finished batch can be a baseline."""

    code = "baseline_unfinished"
    hint = "let it finish, or choose another"


def pin(batch: Batch, *, note: str = "", actor: object = "", any_client: bool = False) -> Baseline:
    """Make a finished batch the baseline of its suite, target and client type.

    It takes the place of one that was pinned before. With `any_client` it stands for every client
    type that has no pin of its own. Raises BaselineUnfinished.
    """
    if batch.state != BatchState.FINISHED:
        raise BaselineUnfinished(f"batch {batch.pk} is {batch.state}")
    run = batch.run
    client_type = "" if any_client else run.client_type
    place: dict[str, Any] = {"suite": batch.suite, "target": run.target, "client_type": client_type}
    with transaction.atomic():
        before = Baseline.objects.select_for_update().filter(**place).first()
        pinned, _ = Baseline.objects.update_or_create(
            **place, defaults={"batch": batch, "note": note[:500], "pinned_by": str(actor)[:200]}
        )
        sides = change(_told(before), _told(pinned))
        record("baseline.pinned", pinned, actor=actor, run=run.name, **sides)
    return pinned


def unpin(baseline: Baseline, *, actor: object = "") -> None:
    """Take a pin out: the previous batch is the baseline again."""
    with transaction.atomic():
        record("baseline.unpinned", baseline, actor=actor, before=_told(baseline))
        baseline.delete()


def _told(baseline: Baseline | None) -> dict[str, Any]:
    return shown(baseline, "batch_id", "note")
