"""Ask real servers and real processes, for the tests of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from evalsite.embedded import supervisor
from evalsite.embedded.layout import ADMIN, Layout
from evalsite.embedded.processes import Process, by_id, wait_until
from evalsite.env import ROOT


def connect(layout: Layout, *, user: str = ADMIN, **options: Any) -> psycopg.Connection:
    """Connect as Django would, with some options changed."""
    place = layout.database_settings(user, name="evalsite")
    known = {"host": place["HOST"], "port": place["PORT"], "user": user, "dbname": "evalsite"}
    return psycopg.connect(**{**known, **place["OPTIONS"], **options}, autocommit=True)


def fetch(layout: Layout, query: str) -> Any:
    """Give the one value that a query answers."""
    with connect(layout) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def pids(layout: Layout) -> dict[str, int | None]:
    """Give the process id of each server."""
    return {status.name: status.pid for status in supervisor.status(layout)}


def script(text: str, *arguments: object) -> subprocess.Popen[str]:
    """Start Python on a text, with this project importable; its first line tells it is ready."""
    return subprocess.Popen(
        [sys.executable, "-c", text, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )


def line(process: subprocess.Popen[str]) -> str:
    """Read a line that a script printed."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def process_in(path: Path) -> Process:
    """Give the process whose id is written to a file, as soon as it is."""
    assert wait_until(lambda: path.exists() and path.read_text().strip() != "", seconds=20)
    found = by_id(int(path.read_text()))
    assert found is not None
    return found


def gone(*processes: Process, seconds: float = 20) -> bool:
    """Tell whether all these processes end in time."""
    return wait_until(lambda: not any(p.alive() for p in processes), seconds=seconds)
