"""A workshop for journeys: real processes on the real servers, and what they must leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import psutil
import redis
from django.core.management import call_command
from django.db.models import Count

from evalsite import env
from evalsite.batches.models import Batch
from evalsite.cases.queries import Selection, find_suite
from evalsite.pipeline import launch
from evalsite.scoring.models import Scorecard
from evalsite.summaries.models import Summary
from evalsite.targets.queries import find_run
from evalsite.tenants.models import Tenant
from tests.pipeline.bench import deliver_all
from tests.summaries.recompute import recompute

# Short leases, so that what a killed worker held comes free while the test looks on.
QUICK = {
    "LEASE_SECONDS": "2",
    "REDISPATCH_SECONDS": "2",
    "SWEEP_SECONDS": "0.3",
    "CHUNK_SECONDS": "0.01",
    "WORKER_SLOTS": "2",
    "VISIBILITY_SECONDS": "600",
}
LONG = 90.0


@dataclass
class Workshop:
    """Starts commands, workers and coordinators, and ends what is left of them."""

    environment: dict[str, str]
    tmp: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, env=self._env(), cwd=env.ROOT, text=True, capture_output=True, timeout=LONG
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a Python module in a process group of its own."""
        log = (self.tmp / f"process-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, *command],
            env=self._env(),
            cwd=env.ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def worker(self, queues: str = "control,dispatch,cpu") -> subprocess.Popen[bytes]:
        """Start a worker with two slots."""
        name = f"worker{len(self.processes)}@test"
        options = ("--concurrency", "2", "--without-gossip", "--without-mingle", "-l", "INFO")
        command = ("-m", "celery", "-A", "evalsite", "worker", "-n", name, "-Q", queues)
        return self.start(*command, *options)

    def coordinator(self) -> subprocess.Popen[bytes]:
        """Start a coordinator."""
        return self.start("manage.py", "coordinator")

    def launch(self, *, run: str, suite: str = "sums", **options: str) -> Batch:
        """Start a batch and leave it to the workers."""
        given = [part for name, value in options.items() for part in (f"--{name}", value)]
        command = ("runbatch", "--tenant", "acme", "--suite", suite, "--run", run, "--detach")
        done = self.manage(*command, *given)
        return Batch.objects.get(pk=done.stdout.strip())

    def end(self) -> None:
        """Kill every process that is left."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def mails(self) -> list[str]:
        """Answer the mails that were sent."""
        return [path.read_text() for path in sorted((self.tmp / "data" / "mail").glob("*"))]

    def _env(self) -> dict[str, str]:
        data = {"EVALSITE_DATA_DIR": str(self.tmp / "data")}
        return {**os.environ, **data, **QUICK, **self.environment}


def fill(workshop: Workshop, *, n: int, wrong: dict[str, int], tenant: str | None = None) -> None:
    """Give a tenant a suite of `n` sums, and runs that get the first so many of them wrong.

    Where there are several, `tenant` names one.
    """
    cases = workshop.tmp / "cases.jsonl"
    keys = [f"sum-{number:05}" for number in range(n)]
    _write(
        cases,
        (
            {
                "key": key,
                "input": {"question": f"What is {number} + {number}?"},
                "expected": {"answer": str(2 * number)},
                "tags": [f"tag-{number % 3}"],
            }
            for number, key in enumerate(keys)
        ),
    )
    common = {"suite": "sums", "tenant": tenant, "stderr": StringIO()}
    call_command("importcases", str(cases), pack="exact", **common)
    for run, n_wrong in wrong.items():
        outputs = workshop.tmp / f"{run}.jsonl"
        _write(
            outputs,
            (
                {"key": key, "answer": {"answer": str(2 * number) if number >= n_wrong else "?"}}
                for number, key in enumerate(keys)
            ),
        )
        call_command("importoutputs", str(outputs), run=run, target="sums", **common)


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def until(holds: Callable[[], Any], *, seconds: float = LONG, what: str = "") -> Any:
    """Wait until something holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen = holds()
        if seen:
            return seen
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what or holds}")


def n_scored(batch: Batch) -> int:
    """Count the scorecards of a batch."""
    return Scorecard.objects.filter(batch=batch).count()


def finished(batch: Batch) -> bool:
    """Say whether a batch is finished."""
    return Batch.objects.filter(pk=batch.pk, state="finished").exists()


def pool_children(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Answer the processes of a worker's pool."""
    return psutil.Process(worker.pid).children()


def broker(workshop: Workshop) -> redis.Redis:
    """Connect to the broker's database itself."""
    url = workshop.environment["BROKER_URL"].replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url.replace("virtual_host=", "db="))


def assert_sound(batch: Batch) -> None:
    """Every case scored exactly once, and one summary that equals its recomputation."""
    batch.refresh_from_db()
    assert batch.state == "finished"
    assert n_scored(batch) == batch.n_cases * batch.repetitions
    twice = (
        Scorecard.objects.filter(batch=batch)
        .values("revision_id", "repetition")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
    )
    assert not twice.exists()
    assert not Scorecard.objects.filter(batch=batch, status="open").exists()
    _assert_summarised(batch)


def _assert_summarised(batch: Batch) -> None:
    stored = Summary.objects.filter(batch=batch)
    again = recompute(batch)
    slices = Counter((row.slice_kind, row.slice_value) for row in stored)
    assert set(slices) == set(again)
    assert set(slices.values()) == {1}
    for row in stored:
        expected = again[row.slice_kind, row.slice_value]
        for name in ("n", "passed", "failed", "unscored", "errored"):
            assert getattr(row, name) == expected[name], (row, name)


def score_here(*, run: str, suite: str = "sums") -> Batch:
    """Score a run in this process, without workers."""
    over, chosen = find_suite(suite), find_run(run)
    batch = launch.start(suite=over, run=chosen, pack=over.pack, options={}, selection=Selection())
    return deliver_all(batch)


def acme() -> Tenant:
    """Answer the tenant of the journeys."""
    return Tenant.objects.get(slug="acme")
