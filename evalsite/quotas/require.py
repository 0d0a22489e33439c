"""Refuse what would take a tenant over its quota.

Who adds holds the quota's row until its transaction ends, so that two who add take turns. Where
there is no limit there is no row to hold.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from evalsite.errors import EvalsiteError
from evalsite.quotas.count import CASES, count, count_in_flight
from evalsite.quotas.models import Quota
from evalsite.quotas.month import Month


class QuotaExceeded(EvalsiteError):
    """The tenant may not have more of it. Asking again does not help, so it is no 429."""

    code = "quota_exceeded"
    hint = "an operator raises it: manage.py setquota"
    exit_code = 2
    http_status = 403


def require_cases(*, added: int) -> None:
    """Raise QuotaExceeded where cases that the open transaction has added are too many."""
    limit = _held("max_cases") if added else None
    if limit is not None and (used := count(CASES)) > limit:
        raise QuotaExceeded(
            f"the tenant may have {limit:,} cases: with {added:,} new ones it would have {used:,}",
            hint="leave some out, or have an operator raise the quota: manage.py setquota",
        )


def require_batch() -> None:
    """Raise QuotaExceeded where one more batch in flight is too many; needs a transaction."""
    limit = _held("max_batches_in_flight")
    if limit is not None and (used := count_in_flight()) >= limit:
        raise QuotaExceeded(
            f"the tenant may have {limit:,} batches in flight: {used:,} run or are paused",
            hint="wait for one, cancel a paused one, or have an operator raise the quota: "
            "manage.py setquota",
        )


def require_money(amount: Decimal = Decimal(0)) -> None:
    """Raise QuotaExceeded where the month's model money is used up, or leaves no such amount."""
    month = Month.current()
    if not month.is_capped:
        return
    quota, spent, booked = month.standing()
    if (quota is not None and (room := quota - spent - booked) <= 0) or room < amount:
        raise QuotaExceeded(
            f"{month.in_words()} is ${quota:.2f}: ${spent:.2f} are spent and ${booked:.2f} "
            "possibly spent",
            hint="wait for the next month, or have an operator raise it: manage.py setquota",
        )


def _held(name: str) -> Any:
    """Answer a limit, and hold its row; None where there is no limit."""
    limited = Quota.objects.filter(**{f"{name}__isnull": False})
    return limited.select_for_update().values_list(name, flat=True).first()
