"""The disk of both servers is full in mid-batch, and has room again after somebody made some."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from evalsite.batches.models import Batch
from evalsite.embedded import supervisor
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.journeys.workshop import (
    Workshop,
    acme,
    assert_sound,
    fill,
    finished,
    n_scored,
    until,
)
from tests.services import DATABASE, Services, moved, running_services

N = 20_000
DISK_MIB = 400


@dataclass
class Disk:
    """A small disk, and what fills it up."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill_up(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("wb", buffering=0) as ballast:
            for piece in (bytes(1 << 20), bytes(1 << 12)):
                with suppress(OSError):
                    while ballast.write(piece) == len(piece):
                        pass

    def make_room(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink()


@contextmanager
def small_disk() -> Iterator[Disk]:
    """Mount a disk in memory for the block."""
    with tempfile.TemporaryDirectory(prefix="evalsite-") as name:
        mount = ("mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=755", "tmpfs", name)
        if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("mounting a disk needs root, and a kernel that lets it")
        try:
            yield Disk(Path(name))
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


@pytest.fixture
def disk() -> Iterator[Disk]:
    """The disk of the servers."""
    with small_disk() as disk:
        yield disk


@pytest.fixture
def there(disk: Disk, django_db_setup: None, django_db_blocker: Any) -> Iterator[Services]:
    """Servers of its own on that disk, to which this process leads too."""
    with running_services(disk.folder) as there, django_db_blocker.unblock(), moved(there):
        call_command("migrate", verbosity=0)
        yield there


@pytest.fixture
def shop(there: Services, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop with sums to judge."""
    shop = Workshop(there.environment(), tmp_path)
    Tenant.objects.create(slug="acme", name="Acme")
    try:
        with tenant(acme().pk):
            fill(shop, n=N, wrong={"run": 60})
            yield shop
    finally:
        shop.end()


def write_much(there: Services) -> None:
    """Have the database write more than the disk would hold."""
    with there.superuser() as superuser:
        superuser.execute(
            "CREATE TABLE much AS SELECT repeat(md5(n::text), 30)"
            " FROM generate_series(1, 1000000) n"
        )


def stands_still(batch: Batch) -> bool:
    """Say whether a batch that is not over gets no further, or the database has gone away."""
    try:
        before = n_scored(batch)
        time.sleep(2)
        return n_scored(batch) == before < N
    except OperationalError:
        connection.close()
        return True


def test_a_full_disk_costs_time_and_no_case(shop: Workshop, disk: Disk, there: Services) -> None:
    shop.worker()
    shop.coordinator()
    batch = shop.launch(run="run")
    until(lambda: n_scored(batch), what="the first scorecards")
    disk.fill_up()
    with pytest.raises(psycopg.OperationalError):  # it has no room, or is gone
        write_much(there)
    until(lambda: stands_still(batch), what="the end of all progress")
    disk.make_room()
    supervisor.ensure_started(there.layout, database=DATABASE, bound=True)
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)
    call_command("verifyaudit")
