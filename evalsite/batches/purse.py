"""A batch's money: set aside before a call, settled after it, each by one UPDATE on its row.

The same is done on the row of the tenant's month, always after the batch's.
What is set aside stays so until it is settled. So a killed worker's calls stay booked as possibly
spent, and spent + booked never passes the cap, however many workers there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from evalsite.calls.ledger import Change, State
from evalsite.quotas.month import MONTH_QUOTA, Month

_SETTLE = """
    UPDATE batches_batch
    SET booked_usd = booked_usd - %(released)s, spent_usd = spent_usd + %(spent)s,
        n_calls = n_calls + %(calls)s, n_unpriced = n_unpriced + %(unpriced)s,
        n_cached = n_cached + %(cached)s
    WHERE id = %(batch)s
"""
_RESERVE = """
    UPDATE batches_batch SET booked_usd = booked_usd + %(amount)s
    WHERE id = %(batch)s
        AND spent_usd + booked_usd + %(amount)s <= coalesce(max_cost_usd, 'Infinity')
"""
_STATE = "SELECT max_cost_usd, spent_usd, booked_usd FROM batches_batch WHERE id = %s"


class BatchLedger:
    """The ledger of one batch, for calls.purse; needs the thread of the database connection."""

    def __init__(self, batch_id: UUID, *, month: Month) -> None:
        self._batch_id = batch_id
        self._month = month

    def settle(self, change: Change) -> None:
        """Write what calls have come to."""
        if change:
            with connection.cursor() as cursor:
                cursor.execute(_SETTLE, {"batch": self._batch_id, **change.as_dict()})
            self._month.settle(spent=change.spent, released=change.released)

    def reserve(self, amounts: Sequence[Decimal]) -> list[bool]:
        """Set aside each amount that fits under the caps, in order; answers which did."""
        if self._reserved(sum(amounts, Decimal(0))):
            return [True] * len(amounts)
        if len(amounts) == 1:
            return [False]
        half = len(amounts) // 2
        return [*self.reserve(amounts[:half]), *self.reserve(amounts[half:])]

    def state(self) -> State:
        """Answer how the batch stands or, where that has less room, the month."""
        with connection.cursor() as cursor:
            cursor.execute(_STATE, [self._batch_id])
            batch = State(*cursor.fetchone())
        if not self._month.is_capped:
            return batch
        month = State(*self._month.standing(), code=MONTH_QUOTA, whose=self._month.in_words())
        return min(batch, month, key=lambda state: state.room)

    def _reserved(self, amount: Decimal) -> bool:
        if not self._month.is_capped:
            return self._batch_reserved(amount)
        with transaction.atomic():
            fits = self._batch_reserved(amount) and self._month.reserve(amount)
            transaction.set_rollback(not fits)
        return fits

    def _batch_reserved(self, amount: Decimal) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_RESERVE, {"batch": self._batch_id, "amount": amount})
            return bool(cursor.rowcount == 1)
