"""The world that faults strike: two workers, two coordinators and the site, as real processes.

They run on the servers of the harness and talk to a model and a mail server of ours on loopback.
Between two seeds the processes live on and the rows go; what has died is replaced.

`standing(services, folder=..., broken="early_ack")` starts every process with the folder `broken/`
on its PYTHONPATH and CRUCIBLE_BROKEN in its environment, so that the `sitecustomize` there can
patch the product. Without `broken` neither is set, but the path for who has a wrong clock (F17).
Each process has its role as PGAPPNAME.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import psutil
import redis
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerError

from evalsite import env
from evalsite.celery import app
from evalsite.env import ROOT
from tests.client.live import answers, free_port
from tests.crucible.broken.builds import BUILDS
from tests.crucible.broken.lacking import lacking
from tests.crucible.fakes import Mailbox, mailbox, say
from tests.crucible.logs import Logs
from tests.crucible.referee import refereed
from tests.fake_model import FakeModel, fake_model
from tests.journeys.workshop import Workshop, broker, until
from tests.services import Services

BROKEN = Path(__file__).with_name("broken")
MARK = "CRUCIBLE_WORLD"
WORKERS = ("worker-0", "worker-1")
COORDINATORS = ("coordinator-0", "coordinator-1")
# Joins for a while, and is missed by nobody.
HELPER = "worker-2"
ROLES = (*WORKERS, *COORDINATORS, "site")
QUEUES = "control,dispatch,cpu,model"
# What one model call takes: long enough for faults to meet calls under way.
LATENCY_S = 0.08
# A chunk may lose its worker to each fault of a plan; only poison does so each time.
MAX_ATTEMPTS = 5
DARES = {"OUTBOUND_ALLOW": json.dumps(["127.0.0.1:*"]), "CALLABLE_TARGETS": "true"}
# More of them in one seed is a world that cannot stand.
MOST_FALLEN = 12
# What a living process keeps there: multiprocessing's folder, gunicorn's file.
_OWN = ("pymp-", "wgunicorn-")


@dataclass
class World:
    """The processes by role, the fakes with their call logs, and where the site answers."""

    services: Services
    shop: Workshop
    model: FakeModel
    mails: Mailbox
    port: int
    broken: str | None
    logs: Logs
    crew: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    # Asked to stop, and given their time.
    leaving: list[subprocess.Popen[bytes]] = field(default_factory=list)
    # Who has ended by itself.
    fallen: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the site answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def scratch(self) -> Path:
        """Where all processes put what is temporary."""
        return Path(self.shop.environment["TMPDIR"])

    @property
    def broker(self) -> redis.Redis:
        """A connection to the broker's database."""
        return broker(self.shop)

    def start(self, role: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start the process of a role, also beside one that is leaving."""
        given = {**self.shop.environment, "PGAPPNAME": role, **environment}
        shop = replace(self.shop, environment=given)
        match role.partition("-")[0]:
            case "worker":
                process = shop.worker(QUEUES)
            case "coordinator":
                process = shop.coordinator()
            case _:
                place = ("--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "8")
                process = shop.start("-m", "gunicorn", "evalsite.wsgi:application", *place)
        self.crew[role] = process
        return process

    def staff(self) -> None:
        """Start whoever is missing, and wait until all are there; notes who had ended unasked."""
        until(self._all_there, what=f"all processes; {self.fallen}")

    def _all_there(self) -> bool:
        for role in ROLES:
            process = self.crew.get(role)
            if process is not None and process.poll() is not None:
                self.fallen.append(f"{role} ended with {process.returncode}")
            if process is None or process.poll() is not None:
                assert len(self.fallen) < MOST_FALLEN, self.fallen
                self.start(role)
        return answers(f"{self.url}/healthz") and self._all_listen()

    def signal(self, role: str, number: int) -> None:
        """Send a signal to a role's process and all its children, if it is there."""
        process = self.crew[role]
        if process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def kill(self, role: str) -> None:
        """Kill -9 a role's process with all its children."""
        self.signal(role, signal.SIGKILL)
        self.crew[role].wait()

    def dismiss(self, role: str) -> None:
        """Ask a process to stop, and do not wait for it."""
        old = self.crew.pop(role)
        if old.poll() is None:
            old.terminate()
            self.leaving.append(old)

    def replace(self, role: str) -> None:
        """Ask a process to stop, and start its successor without waiting."""
        self.dismiss(role)
        self.start(role)

    def end(self) -> None:
        """End all processes."""
        self.crew.clear()
        self.leaving.clear()
        self.shop.end()

    def strays(self) -> list[psutil.Process]:
        """Answer processes of ours whose parent, the process of a role, is gone."""
        known = {process.pid for process in (*self.crew.values(), *self.leaving)}
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                ours = process.environ().get(MARK) == self.shop.environment[MARK]
                line = {process.pid, *(parent.pid for parent in process.parents())}
                if ours and process.status() != psutil.STATUS_ZOMBIE and not line & known:
                    found.append(process)
        return found

    def leftovers(self) -> list[Path]:
        """Answer what is left of those that are gone where temporary things are put."""
        return [path for path in self.scratch.iterdir() if not path.name.startswith(_OWN)]

    def _all_listen(self) -> bool:
        """Say whether both workers answer over the broker."""
        names = [f"worker{self.shop.processes.index(self.crew[role])}@test" for role in WORKERS]
        with suppress(BrokerError, redis.RedisError):
            said = app.control.ping(destination=names, timeout=1.0, limit=len(names))
            return len(said or ()) == len(names)
        return False


@contextmanager
def standing(services: Services, *, folder: Path, broken: str | None = None) -> Iterator[World]:
    """Run the world until the block ends; nothing of it is left then but its logs in `folder`."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    place = SimpleNamespace()
    with _daring(), fake_model(say, latency_s=LATENCY_S) as model, mailbox(place) as mails:
        environment = {
            **services.environment(),
            **DARES,
            "SECRET_KEY": settings.SECRET_KEY,
            "EMAIL_URL": f"smtp://127.0.0.1:{place.EMAIL_PORT}",
            "MAX_ATTEMPTS": str(MAX_ATTEMPTS),
            "LOG_FORMAT": "json",
            "TMPDIR": str(scratch),
            # Who hangs tells where when it is asked by SIGABRT.
            "PYTHONFAULTHANDLER": "1",
            MARK: f"{os.getpid()}-{time.monotonic_ns()}",
            **_defect(broken),
        }
        shop = Workshop(environment=environment, tmp=folder)
        world = World(services, shop, model, mails, free_port(), broken, Logs(folder))
        with refereed(services), lacking(BUILDS.get(broken or ""), services):
            try:
                yield world
            finally:
                world.end()


@contextmanager
def _daring() -> Iterator[None]:
    """Let this process, too, name addresses and functions that an operator has to allow."""
    with patch.dict(os.environ, DARES):
        env.load.cache_clear()
        yield
    env.load.cache_clear()


def _defect(name: str | None) -> dict[str, str]:
    if name is None:
        return {}
    return {"PYTHONPATH": f"{BROKEN}{os.pathsep}{ROOT}", "CRUCIBLE_BROKEN": name}
