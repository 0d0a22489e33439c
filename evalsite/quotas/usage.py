"""What a tenant has, and what it may have."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from evalsite.quotas.count import CASES, OUTPUTS, SCORECARDS, count, count_in_flight
from evalsite.quotas.models import Quota
from evalsite.quotas.month import Month


class Usage(NamedTuple):
    """Counts, and US dollars of the current calendar month; a limit of None is none.

    `month_booked_usd` is possibly spent: calls under way, or lost with their worker. `weight` is
    the tenant's share of the workers beside others'.
    """

    cases: int
    max_cases: int | None
    batches_in_flight: int
    max_batches_in_flight: int | None
    month: date
    month_spent_usd: Decimal
    month_booked_usd: Decimal
    month_usd: Decimal | None
    outputs: int
    scorecards: int
    weight: int


def usage() -> Usage:
    """Answer what the tenant in scope has now, beside its quota."""
    quota = quota_in_scope()
    month = Month.current()
    _, spent, booked = month.standing()
    return Usage(
        cases=count(CASES),
        max_cases=quota.max_cases,
        batches_in_flight=count_in_flight(),
        max_batches_in_flight=quota.max_batches_in_flight,
        month=month.first_day,
        month_spent_usd=spent,
        month_booked_usd=booked,
        month_usd=quota.month_usd,
        outputs=count(OUTPUTS),
        scorecards=count(SCORECARDS),
        weight=quota.weight or 1,
    )


def quota_in_scope() -> Quota:
    """Answer the tenant's quota; one without limits, unsaved, where none was set."""
    return Quota.objects.first() or Quota()
