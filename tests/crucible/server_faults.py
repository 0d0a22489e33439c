"""Faults of the broker and the database: killed, restarted, frozen, wiped, full."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

import psutil

from evalsite.embedded import supervisor
from tests.crucible.scene import Scene
from tests.crucible.schedule import Order
from tests.services import DATABASE


@contextmanager
def broker_killed(scene: Scene, chance: Random) -> Iterator[None]:
    """The broker dies, and comes back with what its append-only file has."""
    _server(scene, "valkey").kill()
    yield
    _start(scene)


@contextmanager
def broker_lost(scene: Scene, chance: Random) -> Iterator[None]:
    """The broker dies, and comes back with nothing."""
    _server(scene, "valkey").kill()
    shutil.rmtree(scene.world.services.layout.valkey_home / "appendonlydir", ignore_errors=True)
    yield
    _start(scene)


@contextmanager
def broker_wiped(scene: Scene, chance: Random) -> Iterator[None]:
    """Somebody empties the broker."""
    scene.world.broker.flushall()
    yield


@contextmanager
def broker_frozen(scene: Scene, chance: Random) -> Iterator[None]:
    """The broker answers nobody for a while, and closes no socket; an order comes all the same."""
    server = _server(scene, "valkey")
    server.suspend()
    who = chance.randrange(len(scene.customers))
    scene.order(Order("in-the-silence", who, "recorded", scene.clock))
    yield
    server.resume()


@contextmanager
def broker_full(scene: Scene, chance: Random) -> Iterator[None]:
    """The broker is at its memory's limit and refuses every write."""
    scene.world.broker.config_set("maxmemory", "100kb")
    yield
    scene.world.broker.config_set("maxmemory", "0")


@contextmanager
def database_restarted(scene: Scene, chance: Random) -> Iterator[None]:
    """A fast shutdown: every session is ended, every transaction undone."""
    _stop_database(scene, signal.SIGINT)
    yield
    _start(scene)


@contextmanager
def database_crashed(scene: Scene, chance: Random) -> Iterator[None]:
    """An immediate shutdown: what is not in the log is gone."""
    _stop_database(scene, signal.SIGQUIT)
    yield
    _start(scene)


@contextmanager
def backend_killed(scene: Scene, chance: Random) -> Iterator[None]:
    """One server process of one session dies; PostgreSQL ends all the others, and recovers."""
    sessions = []
    for process in _server(scene, "postgresql").children():
        with suppress(psutil.NoSuchProcess):
            if "evalsite_app" in " ".join(process.cmdline()):
                sessions.append(process)
    if sessions:
        chance.choice(sessions).kill()
    yield


@contextmanager
def database_frozen(scene: Scene, chance: Random) -> Iterator[None]:
    """The database answers nobody for a while, and closes no socket."""
    server = _server(scene, "postgresql")
    frozen = [server, *server.children()]
    for process in frozen:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    yield
    for process in frozen:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def _server(scene: Scene, name: str) -> psutil.Process:
    (pid,) = (s.pid for s in supervisor.status(scene.world.services.layout) if s.name == name)
    assert pid is not None, f"{name} does not run"
    return psutil.Process(pid)


def _stop_database(scene: Scene, number: int) -> None:
    server = _server(scene, "postgresql")
    server.send_signal(number)
    psutil.wait_procs([server], timeout=20)


def _start(scene: Scene) -> None:
    supervisor.ensure_started(scene.world.services.layout, database=DATABASE, bound=True)
