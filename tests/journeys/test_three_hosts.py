"""Database and broker on one host, workers on two others: one of them is cut off and comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from evalsite import env
from evalsite.batches.models import Batch, Chunk
from evalsite.pipeline import lead
from evalsite.pipeline.nodes import nodes
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.journeys import hosts
from tests.journeys.hosts import Network, Servers
from tests.journeys.workshop import Workshop, acme, assert_sound, fill, finished, until
from tests.services import Services, moved

# Chunks of a tenth of a second, and enough of them that a cable can be pulled in mid-chunk.
N = 40_000
ONE, TWO, THREE = 1, 2, 3


@dataclass
class Site(Workshop):
    """A workshop whose processes run on hosts; commands run on the first."""

    network: Network = field(default_factory=Network)
    servers: Servers | None = None
    host: int = ONE

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a Python module on the host that is set."""
        log = self._log(len(self.processes)).open("wb")
        process = subprocess.Popen(
            [*self.network.on(self.host), sys.executable, *command],
            env=self._env(),
            cwd=env.ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """Answer what a process has printed."""
        return self._log(self.processes.index(process)).read_text()

    def worker_on(self, number: int) -> subprocess.Popen[bytes]:
        """Start a worker on a host."""
        self.host = number
        command = ("-m", "celery", "-A", "evalsite", "worker", "-n", f"host{number}@test")
        options = ("-Q", "control,dispatch,cpu", "--concurrency", "2", "-l", "INFO")
        return self.start(*command, *options, "--without-gossip", "--without-mingle")

    def coordinator_on(self, number: int) -> subprocess.Popen[bytes]:
        """Start a coordinator on a host."""
        self.host = number
        return self.coordinator()

    def launch(self, **options: str) -> Batch:
        """Start a batch from the first host."""
        self.host = ONE
        named = ("--tenant", "acme", "--suite", "sums", "--run", "run", "--detach")
        process = self.start("manage.py", "runbatch", *named)
        assert process.wait(timeout=90) == 0
        return Batch.objects.get(pk=self.said(process).split()[-1])

    def _log(self, number: int) -> Path:
        return self.tmp / f"process-{number}.log"


@pytest.fixture
def site(services: Services, django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """The hosts, with sums to judge."""
    if why := hosts.missing():
        pytest.skip(why)
    with (
        tempfile.TemporaryDirectory(prefix="evalsite-") as folder,
        hosts.networked() as network,
        django_db_blocker.unblock(),
    ):
        place = Path(folder)
        servers = Servers(network, services, place)
        (place / "work").mkdir()
        shop = Site(
            {"PEER_SECONDS": "5", "CHUNK_SECONDS": "0.1"},
            place / "work",
            network=network,
            servers=servers,
        )
        try:
            servers.start()
            shop.environment |= servers.environment()
            with moved(servers.here):
                Tenant.objects.create(slug="acme", name="Acme")
                with tenant(acme().pk):
                    fill(shop, n=N, wrong={"run": 60})
                    yield shop
        finally:
            shop.end()
            servers.end()


def held_by(number: int, batch: Batch) -> list[Chunk]:
    """Answer the chunks that a host's worker has claimed and not written."""
    chunks = Chunk.objects.filter(step__batch=batch, state="leased")
    return list(chunks.filter(lease_owner__startswith=f"host{number}@"))


def cut_while_at_work(site: Site, number: int, batch: Batch) -> list[Chunk]:
    """Pull a host's cable so that it is cut off with chunks in its hands; answers those."""
    for _ in range(20):
        until(lambda: held_by(number, batch), what=f"a chunk at host {number}")
        site.network.pull(number)
        if held := held_by(number, batch):
            return held
        site.network.plug_in(number)
    raise AssertionError("the host never was at work when it was cut off")


def sessions_from(address: str) -> int:
    """Count the database's sessions that a host has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE client_addr = %s::inet", [address]
        )
        return int(cursor.fetchone()[0])


def staff(site: Site) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
    """Start workers on the second and the third host, and wait until both take work."""
    workers = site.worker_on(TWO), site.worker_on(THREE)
    until(lambda: sum(node.is_alive for node in nodes()) == 2, what="both workers")
    return workers


def finish(batch: Batch) -> None:
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)


def test_a_host_that_is_cut_off_in_mid_batch_writes_nothing_late(site: Site) -> None:
    site.coordinator_on(ONE)
    staying, cut_off = staff(site)
    batch = site.launch()
    held = cut_while_at_work(site, THREE, batch)
    again = Chunk.objects.filter(pk__in=[chunk.pk for chunk in held], attempt__gt=1)
    until(lambda: again.count() == len(held), what="another worker for what the host held")
    site.network.plug_in(THREE)
    finish(batch)
    refused = ("wrote nothing", "OperationalError")
    until(lambda: any(word in site.said(cut_off) for word in refused), what="a late write refused")
    assert_sound(batch)
    os.killpg(staying.pid, signal.SIGKILL)
    finish(site.launch())  # by the one that came back, alone


def test_a_leader_that_vanishes_with_its_host_is_succeeded(site: Site) -> None:
    leader = site.coordinator_on(THREE)
    until(lambda: lead.look().is_present, what="a leader")
    site.coordinator_on(ONE)
    staying, _ = staff(site)
    epoch, batch = lead.look().epoch, site.launch()
    until(lambda: held_by(THREE, batch), what="a chunk at host 3")
    site.network.swallow(THREE)
    finish(batch)
    until(lambda: lead.look().epoch > epoch, what="another leader")
    vanished = site.network.address(THREE)
    until(lambda: not sessions_from(vanished), what="the end of the vanished host's sessions")
    site.network.plug_in(THREE)
    os.killpg(staying.pid, signal.SIGKILL)
    finish(site.launch())
    assert leader.poll() is None


def test_what_a_killed_run_left_is_removed() -> None:
    if why := hosts.missing():
        pytest.skip(why)
    dead = subprocess.Popen(["true"])
    dead.wait()
    name = f"{hosts.PREFIX}{dead.pid}-1"
    subprocess.run(["ip", "netns", "add", name], check=True)
    assert name in hosts.remove_leftovers()
    assert hosts.remove_leftovers() == []
