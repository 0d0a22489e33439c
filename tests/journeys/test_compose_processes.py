"""What compose.yaml runs, run as it stands there, as processes on loopback: a batch is scored."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.error import HTTPError

import pytest

from evalsite.embedded.programs import valkey_server
from evalsite.env import ROOT
from evalsite.pipeline import lead
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.client.live import free_port
from tests.deploy.compose_file import Service, dockerfile, services
from tests.journeys.workshop import LONG, Workshop, acme, assert_sound, fill, finished, until
from tests.services import Services

SITE, FLOWER, VALKEY = 8000, 5555, 6379
# In the order in which compose starts them; the others are no programs of ours.
LASTING = ("web", "worker-control", "worker-cpu", "worker-sandbox", "worker-model", "flower")


@dataclass
class Stack(Workshop):
    """The services as processes; ports, hosts and mounted secrets are those of this machine."""

    secrets: Path = field(default_factory=Path)
    ports: dict[int, int] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    told: Mapping[str, Service] = field(default_factory=services)

    def up(self, name: str, *, nth: int = 1) -> subprocess.Popen[bytes]:
        """Start a service's command."""
        process = subprocess.Popen(
            self.here(self.told[name].command),
            env=self.around(name),
            cwd=ROOT,
            stdout=(self.tmp / f"{name}-{nth}.log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes.append(process)
        self.running[f"{name}-{nth}"] = process
        return process

    def is_well(self, name: str) -> bool:
        """Run a service's health check, which is the image's own where the file has none."""
        kind, *check = self.told[name].told.get("healthcheck", {}).get("test") or _of_image()
        words = ["sh", "-c", *check] if kind == "CMD-SHELL" else check
        done = subprocess.run(
            self.here(words), env=self.around(name), cwd=ROOT, capture_output=True, timeout=LONG
        )
        return done.returncode == 0

    def here(self, words: list[str]) -> list[str]:
        """Put in ports, addresses and folders of this machine."""
        changes = {"/run/secrets": str(self.secrets), "0.0.0.0": "127.0.0.1"}
        changes |= {str(port): str(own) for port, own in self.ports.items()}
        for there, own in changes.items():
            words = [word.replace(there, own) for word in words]
        return words

    def around(self, name: str) -> dict[str, str]:
        """Answer a service's environment: what it is given, and the secrets that it may read."""
        service = self.told[name]
        mounted = {one.upper(): (self.secrets / one).read_text().strip() for one in service.secrets}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        data = {"PATH": path, "EVALSITE_DATA_DIR": str(self.tmp / "data")}
        return {**data, **mounted, **service.environment}

    def _env(self) -> dict[str, str]:
        return self.around("web")


@pytest.fixture
def stack(services: Services, committed_db: None, tmp_path: Path) -> Iterator[Stack]:
    """The secrets of the script, with the addresses of the tests' PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="evalsite-") as folder:
        secrets = Path(folder) / "secrets"
        subprocess.run(
            ["sh", str(ROOT / "docs" / "deploy" / "secrets.sh"), str(secrets)], check=True
        )
        for name, url in services.environment().items():
            _replace(secrets / name.lower(), url)
        _replace(secrets / "database_admin_url", services.admin)
        shop = Stack({}, tmp_path, secrets=secrets)
        shop.ports = {port: free_port() for port in (SITE, FLOWER, VALKEY)}
        for name in ("broker_url", "valkey_url"):
            _replace(secrets / name, f"redis://:{_password(shop)}@127.0.0.1:{shop.ports[VALKEY]}/0")
        try:
            yield shop
        finally:
            shop.end()


def _of_image() -> list[str]:
    check = dict(dockerfile())["HEALTHCHECK"]
    return ["CMD", *json.loads(check[check.index("[") :])]


def _replace(secret: Path, text: str) -> None:
    secret.chmod(0o600)
    secret.write_text(text)


def _password(stack: Stack) -> str:
    return (stack.secrets / "valkey.conf").read_text().split()[1]


def start_valkey(stack: Stack) -> None:
    """Run the broker as the file says, in a folder and on a port of its own."""
    command = stack.here(stack.told["valkey"].command)
    place = ("--bind", "127.0.0.1", "--port", str(stack.ports[VALKEY]), "--dir", str(stack.tmp))
    process = subprocess.Popen(
        [str(valkey_server()), *command[1:], *place],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    stack.processes.append(process)


def start(stack: Stack) -> None:
    """Start all as compose would: the setup to its end, then the rest."""
    start_valkey(stack)
    assert stack.up("setup").wait(timeout=LONG) == 0, (stack.tmp / "setup-1.log").read_text()
    stack.running.clear()
    for name in LASTING:
        stack.up(name)
    for nth in range(1, stack.told["coordinator"].replicas + 1):
        stack.up("coordinator", nth=nth)


def status_of(url: str, *, password: str = "") -> int:
    """Answer the status of a page."""
    given = base64.b64encode(f"flower:{password}".encode()).decode()
    asked = urllib.request.Request(url, headers={"Authorization": f"Basic {given}"})
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except HTTPError as refused:
        return refused.code


def stop(stack: Stack) -> dict[str, float]:
    """Stop all as Docker does; answers how long each took, in seconds."""
    began = time.monotonic()
    for process in stack.running.values():
        process.send_signal(signal.SIGTERM)
    taken = {}
    for name, process in stack.running.items():
        process.wait(timeout=LONG)
        taken[name] = time.monotonic() - began
    return taken


def test_what_compose_runs_scores_a_batch(stack: Stack) -> None:
    start(stack)
    flower = f"http://127.0.0.1:{stack.ports[FLOWER]}/workers"
    secret = stack.around("flower")["FLOWER_PASSWORD"]
    Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme().pk):
        fill(stack, n=500, wrong={"run": 5})
        batch = stack.launch(run="run")
        until(lambda: finished(batch), what="the end of the batch")
        assert_sound(batch)
    assert lead.look().is_present
    assert all(process.poll() is None for process in stack.running.values())
    for name in ("web", "flower", "worker-sandbox"):
        until(partial(stack.is_well, name), what=f"the health of {name}")
    assert status_of(flower, password="guessed") == 401
    assert status_of(flower, password=secret) == 200
    metrics = f"http://localhost:{stack.ports[SITE]}/metrics"
    assert status_of(metrics, password=stack.around("web")["METRICS_TOKEN"]) == 200
    taken = stop(stack)
    late = {n: s for n, s in taken.items() if s > stack.told[n.rpartition("-")[0]].grace_seconds}
    assert not late
