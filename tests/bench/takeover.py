"""How long until a dead worker is shown and its work is with another, and until another leads.

    .venv/bin/python tests/bench/takeover.py [--rounds 3]

Real processes at the settings of production, on a machine that does nothing else. Each round kills
a worker and a leader, and freezes a worker and a leader. Goals: shown within 15 s, work with
another within 45 s, another leader within 15 s.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import found_tenant, stand

_N = 400


def main() -> None:
    """Measure, and print a line for each fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    os.environ["OUTBOUND_ALLOW"] = json.dumps(["127.0.0.1:*"])
    with stand(), tempfile.TemporaryDirectory() as folder:
        from evalsite.tenants.scope import tenant
        from tests.bench.slow_model import verdict
        from tests.fake_model import fake_model

        with tenant(found_tenant()), fake_model(verdict, latency_s=2.0) as model:
            _Measured(Path(folder), model.base_url).run(rounds)


class _Measured:
    """The processes of one run."""

    def __init__(self, folder: Path, model_url: str) -> None:
        from evalsite.endpoints.models import Endpoint
        from tests.journeys.workshop import Workshop, fill

        self._shop = Workshop(environment={}, tmp=folder)
        fill(self._shop, n=_N, wrong={"run": 0}, tenant="bench")
        Endpoint.objects.create(name="judges", base_url=model_url, is_default=True, parallel=4)

    def run(self, rounds: int) -> None:
        """Strike in each way, as often as wanted."""
        try:
            for _ in range(rounds):
                for name, number in (("killed", signal.SIGKILL), ("frozen", signal.SIGSTOP)):
                    self._strike_worker(name, number)
                    self._strike_leader(name, number)
        finally:
            self._end()

    def _strike_worker(self, name: str, number: int) -> None:
        from evalsite.batches.models import Chunk
        from evalsite.pipeline.launch import cancel
        from evalsite.pipeline.nodes import nodes

        self._start_coordinators(1)
        first = self._start_worker("first")
        batch = self._judging()
        chunks = Chunk.objects.filter(step__batch=batch)
        _until(lambda: {chunk.state for chunk in chunks.all()} == {"leased"})
        self._start_worker("second")
        os.killpg(first.pid, number)
        begun = time.monotonic()
        _until(lambda: not {one.name.split("@")[0]: one for one in nodes()}["first"].is_alive)
        shown = time.monotonic() - begun
        others = chunks.filter(state="leased", lease_owner__startswith="second@")
        _until(lambda: others.count() == chunks.count())
        print(f"worker {name}: shown {shown:.1f} s, reassigned {time.monotonic() - begun:.1f} s")
        cancel(batch.pk)
        self._end()

    def _strike_leader(self, name: str, number: int) -> None:
        from evalsite.pipeline.lead import look
        from evalsite.pipeline.models import Leadership

        both = self._start_coordinators(2)
        pids = {f":{one.pid}": one for one in both}
        # The last round's leader stays in the row until one of these takes over.
        _until(lambda: any(pid in Leadership.objects.get().holder for pid in pids))
        row = Leadership.objects.get()
        leader = next(one for pid, one in pids.items() if pid in row.holder)
        os.killpg(leader.pid, number)
        begun = time.monotonic()
        _until(lambda: look().epoch > row.epoch)
        print(f"leader {name}: another leads after {time.monotonic() - begun:.1f} s")
        self._end()

    def _judging(self) -> Any:
        from evalsite.cases.queries import Selection, find_suite
        from evalsite.pipeline import launch
        from evalsite.targets.queries import find_run

        return launch.start(
            suite=find_suite("sums"),
            run=find_run("run"),
            pack="exact",
            options={"judges": [{"name": "rubric"}]},
            selection=Selection(),
            try_judges=False,
            use_cache=False,
        )

    def _start_worker(self, name: str) -> subprocess.Popen[bytes]:
        from evalsite.pipeline.nodes import nodes

        named = ("--hostname", f"{name}@%h", "--queues", "control,dispatch,model")
        started = self._start("-m", "celery", "-A", "evalsite", "worker", "-c", "2", *named)
        _until(lambda: any(one.name.startswith(f"{name}@") and one.is_alive for one in nodes()))
        return started

    def _start_coordinators(self, n: int) -> list[subprocess.Popen[bytes]]:
        return [self._start("manage.py", "coordinator") for _ in range(n)]

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        started = subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._shop.processes.append(started)
        return started

    def _end(self) -> None:
        self._shop.end()
        self._shop.processes.clear()


def _until(holds: Callable[[], Any]) -> None:
    end = time.monotonic() + 180
    while not holds():
        if time.monotonic() > end:
            sys.exit("not within 180 s")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
