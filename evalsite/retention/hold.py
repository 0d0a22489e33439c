"""Hold what must be kept whatever the policy says, and let it go again."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError, UsageError
from evalsite.retention.models import Hold, Policy
from evalsite.targets.models import Run
from evalsite.tenants.acting import current


class HoldWithoutReason(UsageError):
    """A hold must say what for, so that somebody can judge later whether it may end."""

    code = "hold_without_reason"
    hint = "name the case, the request or the person that wants it kept"


class HoldUnknown(EvalsiteError):
    """There is no such hold."""

    code = "hold_unknown"
    hint = "manage.py showretention lists the holds"
    http_status = 404
    exit_code = 2


@transaction.atomic
def hold(of: Suite | Batch | Run | None = None, *, reason: str, actor: object = "") -> Hold:
    """Let no policy purge a suite, a batch, a run, or (None) anything, until it is released.

    Raises HoldWithoutReason.
    """
    if not reason.strip():
        raise HoldWithoutReason("the reason is missing")
    wait_for_purge()
    named = {} if of is None else {str(of._meta.model_name): of}
    who = (str(actor) or current().name)[:200]
    placed = Hold.objects.create(**named, reason=reason.strip()[:500], placed_by=who)
    record("hold.placed", placed, actor=actor, id=str(placed.pk), reason=placed.reason)
    return placed


@transaction.atomic
def release(hold_id: UUID, *, actor: object = "") -> None:
    """End a hold; raises HoldUnknown."""
    placed = Hold.objects.filter(pk=hold_id).first()
    if placed is None:
        raise HoldUnknown(f"there is no hold {hold_id}")
    record("hold.released", placed, actor=actor, id=str(hold_id), reason=placed.reason)
    placed.delete()


def wait_for_purge() -> None:
    """Let the piece that is being purged end, and none begin before this transaction does.

    From when a hold is committed nothing that it names is purged.
    """
    list(Policy.objects.select_for_update().values_list("pk"))
