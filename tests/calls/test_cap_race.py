"""The money cap holds exactly for 64 parallel workers, and when half of them are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from evalsite import env
from evalsite.batches.models import Batch
from tests.factories import make_batch
from tests.fake_model import FakeModel
from tests.model_rows import make_price
from tests.services import Services

CAP = Decimal(200)
WORST, REAL = 10, 1  # dollars of a call
WORKERS = 32


@pytest.fixture
def spenders(
    committed: FakeModel, services: Services, tmp_path: Path
) -> Iterator[tuple[Batch, list[subprocess.Popen[str]]]]:
    """Two processes of 32 workers each, on the account of one batch."""
    make_price(model="m", usd_in=0, usd_out=1_000_000 - 1)
    committed.latency_s = 0.02
    batch = make_batch(max_cost_usd=CAP)
    given = {
        **os.environ,
        **services.environment(),
        "EVALSITE_DATA_DIR": str(tmp_path),
        "OUTBOUND_ALLOW": json.dumps(["127.0.0.1:*"]),
    }
    command = [sys.executable, "-m", "tests.calls.spender", str(batch.tenant_id), str(batch.pk)]
    started = [
        subprocess.Popen(
            [*command, str(WORKERS)],
            env=given,
            cwd=env.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    yield batch, started
    for process in started:
        process.kill()
        process.wait()


def test_64_workers_and_a_kill_never_pass_the_cap(
    spenders: tuple[Batch, list[subprocess.Popen[str]]], committed: FakeModel
) -> None:
    batch, both = spenders
    _start_together(both)
    killed = _first_to_make(30, both, at=committed)
    killed.kill()
    (other,) = (process for process in both if process is not killed)
    said, _ = other.communicate(timeout=60)
    batch.refresh_from_db()
    assert said.count("money_cap") == WORKERS
    assert CAP - WORST < batch.spent_usd + batch.booked_usd <= CAP
    # What each call at the model may have cost is spent or booked, and nothing else is.
    unsettled = len(committed.calls) - batch.n_calls
    assert round(batch.spent_usd) == batch.n_calls * REAL
    assert 0 <= unsettled <= round(batch.booked_usd) / WORST <= WORKERS


def _start_together(processes: list[subprocess.Popen[str]]) -> None:
    # One that starts later than the other would find the money spent.
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def _first_to_make(
    n: int, processes: list[subprocess.Popen[str]], *, at: FakeModel
) -> subprocess.Popen[str]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        made = Counter(int(call.prompt.split()[0]) for call in at.calls)
        for process in processes:
            if made[process.pid] >= n:
                return process
        time.sleep(0.005)
    raise AssertionError(f"neither process made {n} calls: {made}")
