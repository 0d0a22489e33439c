"""Spend no more than a batch and its tenant may: a call's worst case is set aside beforehand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import ROUND_UP, Decimal
from typing import Final

from evalsite.calls.desk import Desk
from evalsite.calls.gather import Gather
from evalsite.calls.ledger import Change, Ledger, State
from judges.models import Halt

# How long the bookings of other workers must stand still before their room is given up.
PATIENCE_S: Final = 3.0
_NAP_S: Final = 0.2
_SMALLEST: Final = Decimal("1e-9")
_NOTHING: Final = Decimal(0)


class Purse:
    """One event loop's hand in the ledger. Without a cap it only counts."""

    def __init__(self, ledger: Ledger, *, desk: Desk, capped: bool) -> None:
        self._ledger = ledger
        self._desk = desk
        self.capped = capped
        self._change = Change()
        self._under_way = 0
        self._asked: Gather[Decimal, State | None] = Gather(self._reserve)

    async def set_aside(
        self, worst_case: Callable[[], Decimal | None], *, what: Callable[[], str]
    ) -> Decimal:
        """Book the worst case of a call, in US dollars, which one of the verbs below ends.

        It is asked for, and for the call's words, only under a cap: both take time.
        Raises Halt: `price_unknown`, or the state's code (`money_cap`, `month_quota`) where neither
        this worker nor another gives room back in time.
        """
        if not self.capped:
            return _NOTHING
        if (worst := worst_case()) is None:
            raise Halt("price_unknown", f"its money has a cap, and no price of {what()} is known")
        amount = _whole(worst)
        seen, since = None, time.monotonic()
        while (refused := await self._asked.ask(amount)) is not None:
            if self._under_way or refused != seen:
                seen, since = refused, time.monotonic()
            if refused.is_hopeless(amount) or time.monotonic() - since > PATIENCE_S:
                raise Halt(refused.code, refused.in_words(amount))
            await asyncio.sleep(_NAP_S)
        self._under_way += 1
        return amount

    def settle(self, booked: Decimal, *, cost: Decimal | None) -> None:
        """Count a call that was answered; where its cost is unknown, it stays booked."""
        self._change.calls += 1
        if cost is None:
            self._change.unpriced += 1
            self.lose(booked)
        else:
            self._change.spent += _whole(cost)
            self.release(booked)

    def release(self, booked: Decimal) -> None:
        """Give back what was booked for a call that has cost nothing."""
        self._change.released += booked
        self.lose(booked)

    def lose(self, booked: Decimal) -> None:
        """End a call that may have cost what was booked: it stays booked, as possibly spent."""
        self._under_way -= bool(booked)

    def count_cached(self) -> None:
        """Count a reply that was known."""
        self._change.cached += 1

    def take(self) -> Change:
        """Answer what is not written yet; the caller writes it now, with `Ledger.settle`."""
        taken, self._change = self._change, Change()
        return taken

    async def _reserve(self, amounts: list[Decimal]) -> list[State | None]:
        change = self.take()
        return await self._desk.do(lambda: self._settle_and_reserve(change, amounts))

    def _settle_and_reserve(self, change: Change, amounts: list[Decimal]) -> list[State | None]:
        self._ledger.settle(change)
        granted = self._ledger.reserve(amounts)
        refused = None if all(granted) else self._ledger.state()
        return [None if fits else refused for fits in granted]


def _whole(amount: Decimal) -> Decimal:
    """Round up to what the database keeps."""
    return amount.quantize(_SMALLEST, rounding=ROUND_UP)
