"""A batch's money: set aside before a call, settled after it, each by one UPDATE on its row.

What is set aside stays so until it is settled. So a killed worker's calls stay booked as possibly
spent, and spent + booked never passes the cap, however many workers there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import connection

from evalsite.calls.purse import Change, State

_SETTLE = """
    UPDATE batches_batch
    SET booked_usd = booked_usd - %(released)s, spent_usd = spent_usd + %(spent)s,
        n_calls = n_calls + %(calls)s, n_unpriced = n_unpriced + %(unpriced)s,
        n_cached = n_cached + %(cached)s
    WHERE id = %(batch)s
"""
_RESERVE = """
    UPDATE batches_batch SET booked_usd = booked_usd + %(amount)s
    WHERE id = %(batch)s AND spent_usd + booked_usd + %(amount)s <= max_cost_usd
"""
_STATE = "SELECT max_cost_usd, spent_usd, booked_usd FROM batches_batch WHERE id = %s"


class BatchLedger:
    """The ledger of one batch, for calls.purse; needs the thread of the database connection."""

    def __init__(self, batch_id: UUID) -> None:
        self._batch_id = batch_id

    def settle(self, change: Change) -> None:
        """Write what calls have come to."""
        if change:
            with connection.cursor() as cursor:
                cursor.execute(_SETTLE, {"batch": self._batch_id, **change.as_dict()})

    def reserve(self, amounts: Sequence[Decimal]) -> list[bool]:
        """Set aside each amount that fits under the cap, in order; answers which did."""
        if self._reserved(sum(amounts, Decimal(0))):
            return [True] * len(amounts)
        if len(amounts) == 1:
            return [False]
        half = len(amounts) // 2
        return [*self.reserve(amounts[:half]), *self.reserve(amounts[half:])]

    def state(self) -> State:
        """Answer how the purse stands."""
        with connection.cursor() as cursor:
            cursor.execute(_STATE, [self._batch_id])
            return State(*cursor.fetchone())

    def _reserved(self, amount: Decimal) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_RESERVE, {"batch": self._batch_id, "amount": amount})
            return bool(cursor.rowcount == 1)
