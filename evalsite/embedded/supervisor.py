"""Start, adopt and stop the embedded servers of a data folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from evalsite.embedded import broker, postgres
from evalsite.embedded.bootstrap import bootstrap
from evalsite.embedded.folders import make_data, remove_data
from evalsite.embedded.layout import Layout
from evalsite.embedded.locking import locked
from evalsite.embedded.processes import Process, by_argument, by_id, end, wait_until
from evalsite.embedded.service import Service
from evalsite.embedded.spawn import StartFailed, start, tail

ALL: Final = (postgres.NAME, broker.NAME)
_START_SECONDS: Final = 60.0
# A bound server lives as long as the pipe to its guard is open.
_lifelines: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Status:
    """What is known about one server."""

    name: str
    state: Literal["running", "not answering", "stopped"]
    pid: int | None
    since: datetime | None


def ensure_started(
    layout: Layout,
    *,
    database: str = "evalsite",
    names: Iterable[str] = ALL,
    bound: bool = False,
) -> None:
    """Have the servers up, with roles and database; quick when they are.

    Servers outlive the command that starts them. `bound` ones end with it, for tests.
    Raises StartFailed, Busy, UnsafeFolder, ProgramMissing, NoAccount or PasswordsLost.
    """
    services = [service for service in _services(layout) if service.name in set(names)]
    ready = layout.bootstrapped(database)
    with_database = any(service.name == postgres.NAME for service in services)
    if all(service.answers() for service in services) and (ready.exists() or not with_database):
        return
    make_data(layout)
    with locked(layout.lock):
        started = [service.name for service in services if _ensure_one(service, bound=bound)]
        if with_database and (postgres.NAME in started or not ready.exists()):
            bootstrap(layout, database=database)


def stop(layout: Layout, *, names: Iterable[str] = ALL) -> list[str]:
    """Stop the servers, the broker first; give the names of those that ran."""
    if not layout.run.exists():
        return []
    with locked(layout.lock):
        chosen = [service for service in reversed(_services(layout)) if service.name in set(names)]
        return [service.name for service in chosen if _stop_one(service)]


def discard(layout: Layout) -> None:
    """Stop the servers and remove all that they ever wrote, for tests."""
    stop(layout)
    remove_data(layout)


def status(layout: Layout) -> list[Status]:
    """Tell of each server whether it runs."""
    return [_status_of(service) for service in _services(layout)]


def _services(layout: Layout) -> list[Service]:
    return [postgres.service(layout), broker.service(layout)]


def _find(service: Service) -> list[Process]:
    return by_argument(service.program, service.mark, uids=service.uids)


def _ensure_one(service: Service, *, bound: bool) -> bool:
    """Adopt the running server, or start one; tell whether one was started."""
    for process in _find(service):
        if service.owns(process.pid) and _wait_for(service, process):
            return False
        # A server whose folder was deleted, or that hangs, would only be in the way.
        end(process, signals=service.stop_signals)
    _start_one(service, bound=bound)
    return True


def _start_one(service: Service, *, bound: bool) -> None:
    started = start(service.prepare(), bound=bound)
    if started.guard is not None:
        _lifelines.append(started.guard)
    process = by_id(started.pid)
    if process is None or not _wait_for(service, process):
        raise StartFailed(f"{service.name} did not start\n{tail(service.log)}")


def _wait_for(service: Service, process: Process) -> bool:
    """Wait while the server starts; tell whether it answers."""
    wait_until(lambda: service.answers() or not process.alive(), seconds=_START_SECONDS)
    return process.alive() and service.answers()


def _stop_one(service: Service) -> bool:
    found = _find(service)
    for process in found:
        end(process, signals=service.stop_signals)
    return bool(found)


def _status_of(service: Service) -> Status:
    found = _find(service)
    if not found:
        return Status(service.name, "stopped", None, None)
    state: Literal["running", "not answering"] = "running" if service.answers() else "not answering"
    return Status(service.name, state, found[0].pid, found[0].since)
