"""A counter at which tests ask: the real Asker in an event loop, over a batch's real purse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from evalsite.batches.models import Batch
from evalsite.batches.purse import BatchLedger
from evalsite.calls.ask import Asker, asking, repeating
from evalsite.calls.desk import Desk
from evalsite.calls.memory import Memory
from evalsite.calls.purse import Purse
from evalsite.calls.remember import keep
from evalsite.quotas.month import Month
from judges.models import ChatReply, ChatRequest, cache_key

T = TypeVar("T")


@dataclass(frozen=True)
class Counter:
    """Asks on the account of a batch."""

    batch: Batch
    look: bool = True
    note: bool = True

    def run(self, main: Callable[[Asker], Awaitable[T]]) -> T:
        """Run something with an Asker; then write what it cost and what was replied."""
        desk = Desk()
        month = Month.current()
        ledger = BatchLedger(self.batch.pk, month=month)
        capped = self.batch.max_cost_usd is not None or month.is_capped
        purse = Purse(ledger, desk=desk, capped=capped)
        memory = Memory(desk, look=self.look, note=self.note)

        async def opened() -> T:
            async with asking(desk, batch_id=self.batch.pk, memory=memory, purse=purse) as asker:
                return await main(asker)

        try:
            return desk.run(opened)
        finally:
            ledger.settle(purse.take())
            keep(memory.take())

    def ask(self, *texts: str, repetition: int = 0) -> list[ChatReply]:
        """Ask all texts at once; raises the first error."""

        async def main(asker: Asker) -> Sequence[ChatReply]:
            with repeating(repetition):
                return await asyncio.gather(*(asker.chat(question(text)) for text in texts))

        return list(self.run(main))


def question(text: str, *, max_tokens: int | None = 10) -> ChatRequest:
    """A request for the default endpoint; its prompt is bounded by about 100 tokens."""
    return ChatRequest(
        model="",
        messages=[{"role": "user", "content": text}],
        parameters={} if max_tokens is None else {"max_tokens": max_tokens},
        key=cache_key(text=text),
    )
