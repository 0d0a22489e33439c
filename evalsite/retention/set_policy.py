"""Say how long a tenant keeps what."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from evalsite.audit.changes import change
from evalsite.audit.record import record
from evalsite.errors import UsageError
from evalsite.retention.models import MOST_DAYS, Kind, Policy
from evalsite.tenants.scope import require


class DaysInvalid(UsageError):
    """A time to keep is no whole number of days."""

    code = "retention_days_invalid"
    hint = f"from 1 to {MOST_DAYS:,} days, or none at all to keep for good"


@transaction.atomic
def set_policy(days: Mapping[str, int | None], *, actor: object = "") -> Policy:
    """Change the days of these kinds, None to keep for good; the others stay as they are.

    It is applied with the coordinator's next sweep. Raises DaysInvalid.
    """
    for kind, n in days.items():
        if kind not in Kind.values or not (n is None or 1 <= n <= MOST_DAYS):
            raise DaysInvalid(f"{kind}: {n} days")
    Policy.objects.get_or_create(tenant_id=require())
    policy = Policy.objects.select_for_update().get()
    before = policy.days()
    if {**before, **days} == before:
        return policy
    for kind, n in days.items():
        setattr(policy, kind, n)
    policy.be_due()
    policy.save()
    record("retention.changed", policy, actor=actor, **change(before, policy.days()))
    return policy
