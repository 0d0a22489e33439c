"""Trusted code: scored without a sandbox where the deployment and its tenant both want that."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from evalsite.audit.changes import change, shown
from evalsite.audit.record import record, record_once
from evalsite.batches.lease import Claim
from evalsite.batches.models import Batch
from evalsite.env import load
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import require
from judges.sandbox.tiers import trusting
from judges.sandbox.unprivileged import is_root

log = logging.getLogger(__name__)


def set_trust(*, trusts: bool, actor: object = "") -> None:
    """Let the tenant in scope run code without a sandbox, or no longer; an audit entry says so.

    It takes effect only where the deployment has SANDBOX_TRUSTED.
    """
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=require())
        before = shown(tenant, "trusts_code")
        tenant.trusts_code = trusts
        tenant.save(update_fields=["trusts_code"])
        verb = "trusted" if trusts else "distrusted"
        sides = change(before, shown(tenant, "trusts_code"))
        record(f"tenant.code_{verb}", tenant, actor=actor, **sides)


@contextmanager
def trusted_if_wanted(claim: Claim) -> Iterator[None]:
    """Score the chunk of a sandbox lane without one, if both want it; one audit entry a batch.

    Root never does: its chunks stay in the sandbox. Each scorecard tells the tier that it had.
    """
    if claim.lane != "sandbox" or not _is_wanted():
        yield
    elif is_root():
        log.warning("code of batch %s stays in the sandbox: this worker is root", claim.batch_id)
        yield
    else:
        record_once("batch.ran_trusted", Batch(pk=claim.batch_id), by=claim.batch_id)
        with trusting():
            yield


def _is_wanted() -> bool:
    if not load().sandbox_trusted:
        return False
    return Tenant.objects.filter(pk=require(), trusts_code=True).exists()
