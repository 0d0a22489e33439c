"""How fast outputs are recorded over the API, and how much memory the site takes meanwhile.

`python -m tests.bench.record_outputs_api` runs a site of its own on loopback, with one process as
`manage.py serve` has it, and sends the outputs of 100,000 cases in one request.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import psutil

from tests.bench.memory import watched
from tests.bench.stand import found_tenant, stand
from tests.services import Services

WARM = 10_000
WANTED_ROWS_S = 5_000
# What more a request of ten times the rows may take.
WANTED_GROWTH_MIB = 20
_READY_S = 30


def main() -> None:
    """Measure, print the figures, and end with 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    n_rows = parser.parse_args().rows
    with stand() as services:
        token, suite, runs = _prepared(n_rows)
        with _site(services) as (pid, port):
            _send(port, token=token, path=_path(runs[0], suite), n_rows=WARM)
            settled = psutil.Process(pid).children(recursive=True)[0].memory_info().rss
            with watched(pid) as peak:
                seconds = _send(port, token=token, path=_path(runs[1], suite), n_rows=n_rows)
            again = _send(port, token=token, path=_path(runs[1], suite), n_rows=n_rows)
    growth = peak.child - settled / 2**20
    rate = n_rows / seconds
    print(f"{n_rows} outputs in {seconds:.1f} s: {rate:,.0f} rows/s; sent again {again:.1f} s")
    print(f"memory of the site {peak.child:.0f} MiB, {growth:+.0f} MiB beyond {WARM} rows")
    if rate < WANTED_ROWS_S or growth > WANTED_GROWTH_MIB:
        sys.exit(1)


def _prepared(n_rows: int) -> tuple[str, str, list[str]]:
    """Make a suite of so many cases, two open runs and a key; answers token, suite and runs."""
    from evalsite.cases.check import check_case
    from evalsite.cases.curate import create_suite, import_cases
    from evalsite.keys.issue import issue_key
    from evalsite.targets.open import open_run
    from evalsite.tenants.models import Role
    from evalsite.tenants.scope import tenant
    from packs.registry import PACKS

    pack = PACKS.load("exact").value
    with tenant(found_tenant()):
        suite = create_suite(name="bench", pack="exact")
        cases = ((n, check_case({"key": f"case-{n}", **_CASE}, pack=pack)) for n in range(n_rows))
        import_cases(suite, cases, on_repeated=print)
        runs = [str(open_run(name=name, target="bot").pk) for name in ("warm", "measured")]
        issued = issue_key(name="bench", role=Role.ENGINEER, scopes=["*:write"])
    return issued.token.get_secret_value(), str(suite.pk), runs


_CASE = {"input": {"question": "2 + 2?"}, "expected": {"answer": "4"}}


def _path(run: str, suite: str) -> str:
    return f"/api/v1/runs/{run}/outputs?suite={suite}"


@contextmanager
def _site(services: Services) -> Iterator[tuple[int, int]]:
    """Run the site; answers its process and port."""
    from evalsite.embedded.children import Children
    from evalsite.pipeline.management.commands.serve import _web_command

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with Children(services.layout) as children:
        pid = children.start("web", _web_command(port))
        _until_ready(port)
        yield pid, port


def _until_ready(port: int) -> None:
    until = time.monotonic() + _READY_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("the site does not answer")


def _send(port: int, *, token: str, path: str, n_rows: int) -> float:
    """Send so many outputs; answers the seconds until the answer."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    with tempfile.TemporaryFile() as body:
        headers["Content-Length"] = str(_write(body, n_rows))
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        began = time.monotonic()
        link.request("POST", path, body=body, headers=headers)
        answer = link.getresponse()
        told = json.loads(answer.read())
        seconds = time.monotonic() - began
        link.close()
    if answer.status != 200 or told["new"] + told["unchanged"] != n_rows:
        sys.exit(f"refused: {answer.status} {str(told)[:500]}")
    return seconds


def _write(body: IO[bytes], n_rows: int) -> int:
    for n in range(n_rows):
        row = {"key": f"case-{n}", "answer": {"answer": f"It is {n}."}, "latency_ms": 412.5}
        body.write(json.dumps(row).encode() + b"\n")
    size = body.tell()
    body.seek(0)
    return size


if __name__ == "__main__":
    main()
