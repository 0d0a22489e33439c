"""Is somebody there to do the work: workers for each lane, and a coordinator that leads?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from evalsite.celery import LANES, app
from evalsite.doctor.connect import only_reading
from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.doctor.place import START_ALL, is_embedded
from evalsite.pipeline import lead
from evalsite.pipeline.ask_broker import ask_broker
from evalsite.pipeline.beat import version
from evalsite.pipeline.coordinate import tenants_with_work
from evalsite.pipeline.nodes import nodes

# One that was stopped some time ago is not missed any more.
_MISSED_S: Final = 900
_IDLE: Final = "no worker runs, and nothing waits: runbatch brings its own"
_WORKER: Final = "celery --app evalsite worker --queues {queues} --concurrency 2"


def workers() -> Iterator[Finding]:
    """Which workers live, and which have fallen silent lately?"""
    with only_reading():
        found, wanted = nodes(), _is_wanted()
    alive = [node for node in found if node.is_alive]
    for node in found:
        if wanted and not node.is_alive and node.seen_seconds < _MISSED_S:
            told = f"{node.name} was last heard of {node.seen_seconds:.0f} s ago"
            yield warn("worker_silent", told, fix=f"look at it on {node.host}, or start another")
    others = [f"{n.name} ({n.version or 'unknown'})" for n in alive if n.version != version()]
    if others:
        told = f"of another release than this host's {version()}: {', '.join(others)}"
        yield warn("worker_other_version", told, fix="upgrade and restart them, or this host")
    if alive:
        slots = sum(node.slots for node in alive)
        names = ", ".join(node.name for node in alive)
        yield ok(f"{len(alive)} with {slots} slots: {names}")
    elif wanted:
        yield fail("workers_none", "no worker lives", fix=_start(["control", "dispatch", *LANES]))
    else:
        yield ok(_IDLE)


def lanes() -> Iterator[Finding]:
    """Is each queue served by a worker that lives?"""
    with only_reading():
        served = {queue for node in nodes() if node.is_alive for queue in node.queues}
        wanted = _is_wanted()
    waiting = ask_broker().queues
    lacking = [queue.name for queue in app.conf.task_queues if queue.name not in served]
    if not lacking or not wanted:
        yield ok(f"served: {', '.join(sorted(served)) or 'none, and nothing waits'}")
        return
    full = [name for name in lacking if waiting.get(name)]
    idle = [name for name in lacking if name not in full]
    if full:
        told = ", ".join(f"{name} ({waiting[name]} waiting)" for name in full)
        yield fail("lane_unserved", f"nobody serves {told}", fix=_start(full))
    if idle:
        told = f"nobody serves {', '.join(idle)}; nothing waits there yet"
        yield warn("lane_unserved", told, fix=_start(idle))


def leader() -> Iterator[Finding]:
    """Does a coordinator lead? One that stands still is succeeded by another, if there is one."""
    with only_reading():
        found, wanted = lead.look(), _is_wanted()
    ago = found.seen_seconds
    since = "none ever did" if ago is None else f"the last sign of one is {ago:,.0f} s old"
    if found.is_present:
        yield ok(f"epoch {found.epoch}, its last sign is {ago:.0f} s old")
    elif wanted:
        told = f"no coordinator leads ({since}): nothing that is lost is found"
        start = START_ALL if is_embedded() else "python manage.py coordinator"
        yield fail("leader_absent", told, fix=start)
    else:
        yield ok("no coordinator leads, and nothing waits: runbatch brings its own")


def _is_wanted() -> bool:
    """Answer whether somebody has to be there: embedded, only while there is something to do."""
    return not is_embedded() or bool(tenants_with_work())


def _start(queues: list[str]) -> str:
    return START_ALL if is_embedded() else _WORKER.format(queues=",".join(queues))
