"""Faults of our own processes: workers, their children, coordinators, the site.

Each fault is a context manager: what stands before `yield` strikes, what stands after it heals.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from evalsite.batches.models import Chunk, Step
from evalsite.env import ROOT
from evalsite.pipeline.models import Leadership, OutboxMessage, WorkerNode
from tests.crucible.scene import Scene, steady
from tests.crucible.schedule import Order
from tests.crucible.world import BROKEN, COORDINATORS, HELPER, WORKERS
from tests.journeys.workshop import pool_children

# How long a fault waits for the moment that it wants to hit.
PATIENCE_S = 6.0


@contextmanager
def pool_child_killed(scene: Scene, chance: Random) -> Iterator[None]:
    """One slot dies; its worker replaces it."""
    children = pool_children(scene.world.crew[chance.choice(WORKERS)])
    if children:
        chance.choice(children).kill()
    yield


@contextmanager
def worker_killed(scene: Scene, chance: Random) -> Iterator[None]:
    """A worker dies with all its slots; somebody starts another."""
    role = chance.choice(WORKERS)
    scene.world.kill(role)
    yield
    scene.world.start(role)


@contextmanager
def worker_frozen(scene: Scene, chance: Random) -> Iterator[None]:
    """A worker sleeps past its leases, then wakes up and goes on with what it had in hand.

    Every other time it wakes up just when another has taken a chunk over.
    """
    role = chance.choice(WORKERS)
    held = Chunk.objects.filter(state="leased")
    _await(scene, held.exists)
    scene.world.signal(role, signal.SIGSTOP)
    if chance.random() < 0.5:
        _await(scene, held.filter(attempt__gt=1).exists)
        scene.world.signal(role, signal.SIGCONT)
    yield
    scene.world.signal(role, signal.SIGCONT)


@contextmanager
def rolling_restart(scene: Scene, chance: Random) -> Iterator[None]:
    """A deploy: one worker after the other is asked to stop, and its successor started."""
    scene.world.replace(WORKERS[0])
    yield
    scene.world.replace(WORKERS[1])


@contextmanager
def leader_killed(scene: Scene, chance: Random) -> Iterator[None]:
    """The coordinator that leads dies."""
    role = _leader(scene)
    scene.world.kill(role)
    yield
    scene.world.start(role)


@contextmanager
def leader_frozen(scene: Scene, chance: Random) -> Iterator[None]:
    """The coordinator that leads sleeps, still holding its connection, and wakes up."""
    role = _leader(scene)
    scene.world.signal(role, signal.SIGSTOP)
    yield
    scene.world.signal(role, signal.SIGCONT)


@contextmanager
def site_killed(scene: Scene, chance: Random) -> Iterator[None]:
    """The site dies while customers talk to it."""
    scene.world.kill("site")
    yield
    scene.world.start("site")


@contextmanager
def clock_wrong(scene: Scene, chance: Random) -> Iterator[None]:
    """A third worker helps whose clock is ten minutes or an hour off."""
    clock = {"LD_PRELOAD": _faketime(), "FAKETIME": chance.choice(("+600", "-600", "-3600"))}
    began = timezone.now()
    # Its clock is wrong, and its patience is not: see `sitecustomize`.
    path = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": f"{BROKEN}{os.pathsep}{ROOT}"}
    scene.world.start(HELPER, **clock, **path)
    # It comes when much is done: so there is something for it to do, too.
    _await(scene, WorkerNode.objects.filter(started_at__gt=began).exists)
    who = chance.randrange(len(scene.customers))
    scene.order(Order("for-the-helper", who, "judged", scene.clock))
    yield
    scene.world.dismiss(HELPER)


def lacks_faketime() -> str:
    """Say that the library that changes a process's clock is not installed."""
    return "" if _faketime() else "no libfaketime"


@cache
def _faketime() -> str:
    places = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    return next(map(str, places), "")


@contextmanager
def death_at_the_last_card(scene: Scene, chance: Random) -> Iterator[None]:
    """Both workers die when a step has no chunk left and nobody has finished it yet."""
    hit = _await(scene, lambda: Step.objects.filter(state="running", remaining=0).exists())
    for role in WORKERS:
        scene.world.kill(role)
    scene.note(f"the workers died {'between last card and finish' if hit else 'at some moment'}")
    yield
    for role in WORKERS:
        scene.world.start(role)


@contextmanager
def relay_killed(scene: Scene, chance: Random) -> Iterator[None]:
    """All who relay die when a message waits to be sent."""
    hit = _await(scene, OutboxMessage.objects.exists)
    for role in COORDINATORS:
        scene.world.kill(role)
    scene.note(f"the coordinators died {'with a message to send' if hit else 'at some moment'}")
    yield
    for role in COORDINATORS:
        scene.world.start(role)


def _leader(scene: Scene) -> str:
    """Name the role of the leader; the first where nobody leads."""
    holder = steady(lambda: Leadership.objects.values_list("holder", flat=True).first()) or ""
    pids = {role: str(scene.world.crew[role].pid) for role in COORDINATORS}
    return next((role for role, pid in pids.items() if pid in holder.split(":")), COORDINATORS[0])


def _await(scene: Scene, holds: Callable[[], bool]) -> bool:
    """Wait a while until it holds for one of the tenants; says whether it did."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            if _holds_for_one(scene, holds):
                return True
        except (OperationalError, InterfaceError):
            connection.close()
        time.sleep(0.005)
    return False


def _holds_for_one(scene: Scene, holds: Callable[[], bool]) -> bool:
    """Ask for one tenant after the other.

    A loop, as it leaves a tenant's scope when `holds` raises. `any` would have its generator kept
    by the traceback, and closed whenever that is thrown away: by anybody, in the midst of anything.
    """
    found = False
    for _ in scene.each_tenant():
        found = found or holds()
    return found
