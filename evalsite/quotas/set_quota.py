"""Set what a tenant may have: a verb of operators, never of the tenant's own people."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from evalsite.audit.changes import change
from evalsite.audit.record import record
from evalsite.errors import UsageError
from evalsite.quotas.models import Quota

LIMITS: Final = ("max_cases", "max_batches_in_flight", "month_usd", "weight")


class QuotaInvalid(UsageError):
    """A limit is no number that can be kept."""

    code = "quota_invalid"
    hint = "give whole numbers and dollars from 0 up, a weight from 1 to 100, or none"


def set_quota(*, actor: object = "", **limits: Decimal | int | None) -> Quota:
    """Set the limits that are given (see LIMITS; None is no limit, a weight of 1) for the tenant.

    The others stay. Audited with both sides. Raises QuotaInvalid.
    """
    with transaction.atomic():
        quota = Quota.objects.select_for_update().first() or Quota()
        before = shown(quota)
        for name, limit in limits.items():
            setattr(quota, name, limit)
        try:
            quota.clean_fields()
        except ValidationError as error:
            raise QuotaInvalid("; ".join(error.messages)) from None
        quota.save()
        quota.refresh_from_db()
        record("quota.set", quota, actor=actor, **change(before, shown(quota)))
    return quota


def shown(quota: Quota) -> dict[str, Any]:
    """Answer the limits as plain JSON."""
    usd = quota.month_usd
    return {
        "max_cases": quota.max_cases,
        "max_batches_in_flight": quota.max_batches_in_flight,
        "month_usd": None if usd is None else float(usd),
        "weight": quota.weight,
    }
