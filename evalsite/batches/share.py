"""Decide whose chunks go to the broker next; what is there to send was counted by the database.

Start-time fair queueing: each tenant has a virtual time, and a chunk that is sent moves it on by
the seconds that such a chunk takes, divided by the tenant's weight. The least time goes next, so
that tenants have seconds of slots in proportion to their weights. Who comes back after a while is
put to the lane's clock: nobody saves up turns, and nobody who comes late waits for the others'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

# Interactive work may be sent before others' bulk so far ahead of its tenant's time; it is paid for
# afterwards. So who calls everything interactive has no more in the end.
LEAD_SECONDS: Final = 10.0
# Of a tenant's own chunks one in so many is of a bulk batch, however many interactive ones wait.
BULK_EVERY: Final = 4


class Line(NamedTuple):
    """A running step and how its tenant stands; in the order of `app.lanes_at_work`.

    `seconds`: what a chunk of it takes, None before the first. `in_flight` chunks are sent or
    leased, `leased` ones at work; `waiting` is counted up to what may be asked for. `passed` is the
    tenant's virtual time, `clock` the lane's.
    """

    tenant_id: UUID
    step_id: UUID
    lane: str
    is_interactive: bool
    since: datetime
    seconds: float | None
    in_flight: int
    leased: int
    waiting: int
    weight: int
    passed: float
    n_sent: int
    clock: float


@dataclass(slots=True)
class Share:
    """What one tenant is sent: chunks of each step, and how it stands afterwards."""

    tenant_id: UUID
    chunks: dict[UUID, int]
    started: float
    passed: float
    n_sent: int


def share(lines: Iterable[Line], *, room: int, seconds: float) -> list[Share]:
    """Give `room` places of a lane to the tenants that wait for it, in order; some may get none.

    `seconds` is what a chunk is taken to cost before one of its step was measured.
    """
    by_tenant: dict[UUID, list[Line]] = {}
    for line in lines:
        by_tenant.setdefault(line.tenant_id, []).append(line)
    queues = [_Queue(its, seconds=seconds) for its in by_tenant.values()]
    shares: dict[UUID, Share] = {}
    for _ in range(room):
        ready = [queue for queue in queues if queue.waits]
        if not ready:
            break
        sent = min(ready, key=_Queue.place).send()
        shares[sent.tenant_id] = sent
    return list(shares.values())


class _Queue:
    """One tenant's steps in a lane while places are given away."""

    def __init__(self, lines: Sequence[Line], *, seconds: float) -> None:
        first = lines[0]
        self._seconds = seconds
        self._weight = first.weight
        self._lines = {line.step_id: line for line in lines}
        self._left = {line.step_id: line.waiting for line in lines}
        self._in_flight = {line.step_id: line.in_flight for line in lines}
        passed = max(first.passed, first.clock)
        self.share = Share(first.tenant_id, {}, first.clock, passed, first.n_sent)

    @property
    def waits(self) -> bool:
        """Whether anything is left to send."""
        return any(self._left.values())

    def place(self) -> tuple[float, int, UUID]:
        """Answer what the queues are ordered by: virtual time, then who has least under way."""
        lead = LEAD_SECONDS if self._next().is_interactive else 0.0
        share = self.share
        return share.passed - lead, sum(self._in_flight.values()), share.tenant_id

    def send(self) -> Share:
        """Take the next chunk, and pay for it; answers what the tenant has by now."""
        line, share = self._next(), self.share
        share.started = max(share.started, self.place()[0])
        cost = self._seconds if line.seconds is None else line.seconds
        share.passed += cost / self._weight
        share.n_sent += 1
        share.chunks[line.step_id] = share.chunks.get(line.step_id, 0) + 1
        self._left[line.step_id] -= 1
        self._in_flight[line.step_id] += 1
        return share

    def _next(self) -> Line:
        """Answer the step that is next: interactive first, then the one with least under way."""
        waiting = [self._lines[step] for step, n in self._left.items() if n]
        bulk = [line for line in waiting if not line.is_interactive]
        is_bulks = self.share.n_sent % BULK_EVERY == BULK_EVERY - 1
        urgent = [line for line in waiting if line.is_interactive]
        chosen = bulk if bulk and (is_bulks or not urgent) else urgent
        return min(chosen, key=lambda line: (self._in_flight[line.step_id], line.since))
