"""What a seed plays in: the world, its tenants, what they ordered, and what was said and seen."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from evalsite.tenants.scope import tenant
from tests.crucible.customers import Reply, insist
from tests.crucible.fouls import Outage
from tests.crucible.held import Looker
from tests.crucible.progress import Watcher
from tests.crucible.schedule import Order
from tests.crucible.stock import Customer, wanted
from tests.crucible.world import World

T = TypeVar("T")
# The longest that a customer goes on asking.
ORDER_SECONDS = 60.0


@dataclass
class Scene:
    """What the tenants ordered, by name; `replies` has what each customer was told in the end."""

    world: World
    customers: list[Customer]
    made_at: float = field(default_factory=time.monotonic)
    began_at: float = field(default_factory=time.monotonic)
    orders: dict[str, Order] = field(default_factory=dict)
    replies: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    # By batch: how many of its cases had a verdict when its cancel was confirmed.
    cancelled: dict[UUID, int] = field(default_factory=dict)
    # By batch: how often it was cancelled while it ran, and went on later.
    resumed: Counter[UUID] = field(default_factory=Counter)
    # By verb: how often a customer was told that it was done.
    done: Counter[str] = field(default_factory=Counter)
    # How many replies of the model were faulty, and how many slots lost their work in hand.
    n_faulty: int = 0
    n_lost_slots: int = 0
    # Who strikes holds what is hit until it is healed.
    hit: dict[str, Lock] = field(default_factory=lambda: defaultdict(Lock))
    settle_s: float | None = None
    # When the broker took no messages, by this host's clock, which is the database's too.
    outages: list[Outage] = field(default_factory=list)
    # When somebody stood still who may have been in a transaction, by the same clock.
    stills: list[Outage] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _asking: list[Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look on from the start."""
        self.watcher = Watcher(customer.tenant_id for customer in self.customers)
        self.looker = Looker(self.world.services, broker=self.world.broker)

    @property
    def seconds(self) -> float:
        """Seconds since the seed began, its calm beginning included."""
        return time.monotonic() - self.made_at

    @property
    def n_deaths(self) -> int:
        """How many times somebody may have died between doing something and writing it down."""
        return self.n_lost_slots + self.world.mails.killed

    def begin(self) -> None:
        """Let the clock of the plan begin."""
        self.began_at = time.monotonic()

    @property
    def clock(self) -> float:
        """Seconds since the scene began."""
        return time.monotonic() - self.began_at

    def sleep_until(self, clock: float) -> None:
        """Wait for a moment of the plan."""
        time.sleep(max(0.0, clock - self.clock))

    def note(self, text: str) -> None:
        """Write into the diary."""
        self.diary.append(f"{self.clock:6.2f} s  {text}")

    def order(self, order: Order) -> None:
        """Let customers ask for a batch, all at once and without waiting for them."""
        self.orders[order.name] = order
        for _ in range(order.asked):
            thread = Thread(target=self._ask, args=(order,), daemon=True)
            self._asking.append(thread)
            thread.start()

    def all_answered(self) -> bool:
        """Say whether no customer is asking any more."""
        return not any(thread.is_alive() for thread in self._asking)

    def batches(self) -> dict[UUID, Customer]:
        """Answer each batch that a customer was told of, and whose it is."""
        return {
            UUID(reply.body["id"]): self.customers[self.orders[name].tenant]
            for name, replies in list(self.replies.items())
            for reply in list(replies)
            if reply.status == 202
        }

    def tell(self, batch: UUID, verb: str) -> Reply:
        """Cancel or resume a batch over the API; counts what was done."""
        url = f"{self.world.url}/api/v1/batches/{batch}/{verb}"
        key = f"{verb}-{batch}-{self.clock}"
        reply = self._insist(url, {}, customer=self.batches()[batch], key=key)
        if reply.status in (200, 202):
            self.done[verb] += 1
        self.note(f"{verb} {batch}: {reply.status} {reply.body.get('code', '')}")
        return reply

    def _ask(self, order: Order) -> None:
        url = f"{self.world.url}/api/v1/batches"
        customer = self.customers[order.tenant]
        reply = self._insist(url, wanted(order), customer=customer, key=order.name)
        self.replies[order.name].append(reply)

    def _insist(self, url: str, body: dict[str, Any], *, customer: Customer, key: str) -> Reply:
        until = time.monotonic() + ORDER_SECONDS
        return insist(url, body, customer=customer, key=key, until=until)

    def each_tenant(self) -> Iterator[Customer]:
        """Go through the tenants, each in its scope."""
        for customer in self.customers:
            with tenant(customer.tenant_id):
                yield customer


def steady(ask: Callable[[], T], *, seconds: float = 30.0) -> T:
    """Ask the database, again where its connection is gone; raises OperationalError in the end."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
