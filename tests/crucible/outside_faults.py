"""Faults from outside: the model's provider, the mail server's senders, poison, and people."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from uuid import UUID

from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard
from evalsite.tenants.scope import tenant
from tests.crucible.fakes import say
from tests.crucible.scene import Scene, steady
from tests.crucible.schedule import Order
from tests.fake_model import FAILED, RESET, TRUNCATED, Call, Fault, rate_limited

# Of the model's replies, while its provider fails.
FAULTY = 0.5


def _provider(fault: Fault) -> Callable[[Scene, Random], Iterator[None]]:
    def strike(scene: Scene, chance: Random) -> Iterator[None]:
        def sometimes(call: Call) -> str | Fault:
            if chance.random() >= FAULTY:
                return say(call)
            scene.n_faulty += 1
            return fault

        scene.world.model.say = sometimes
        yield
        scene.world.model.say = say

    return strike


provider_limits = contextmanager(_provider(rate_limited(1)))
provider_fails = contextmanager(_provider(FAILED))
provider_hangs_up = contextmanager(_provider(RESET))
provider_breaks_off = contextmanager(_provider(TRUNCATED))


@contextmanager
def sender_dies(scene: Scene, chance: Random) -> Iterator[None]:
    """Who sends the next mail dies after the mail server took it, and before it is told so."""
    scene.world.mails.kill_next(chance.randint(1, 2))
    yield
    scene.world.mails.kill_next(0)


@contextmanager
def poison(scene: Scene, chance: Random) -> Iterator[None]:
    """A batch has a case that kills whoever works on it."""
    scene.order(Order("poisoned", chance.randrange(len(scene.customers)), "poisoned", scene.clock))
    yield


@contextmanager
def cancelled(scene: Scene, chance: Random) -> Iterator[None]:
    """Somebody stops a batch for good."""
    batches = _known(scene)
    if batches:
        batch = chance.choice(batches)
        if scene.tell(batch, "cancel").status == 200:
            with tenant(scene.batches()[batch].tenant_id):
                scene.cancelled[batch] = steady(partial(_judged, batch))
    yield


@contextmanager
def cancelled_and_resumed(scene: Scene, chance: Random) -> Iterator[None]:
    """Somebody stops a batch, and lets it go on a little later."""
    batches = _known(scene)
    batch = chance.choice(batches) if batches else None
    stopped = batch is not None and scene.tell(batch, "cancel").status == 200
    yield
    if batch is not None and stopped:
        scene.resumed[batch] += 1
        scene.tell(batch, "resume")


def _known(scene: Scene) -> list[UUID]:
    """Answer the running batches that a customer was told of, once there is one."""
    end = time.monotonic() + 3
    while not (found := steady(lambda: _running(scene))) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _running(scene: Scene) -> list[UUID]:
    running: set[UUID] = set()
    for _ in scene.each_tenant():
        running |= set(Batch.objects.filter(state="running").values_list("pk", flat=True))
    return sorted(scene.batches().keys() & running)


def _judged(batch: UUID) -> int:
    return Scorecard.objects.filter(batch=batch).exclude(status="open").count()
