"""Readers at the door: the whole stack on one machine, clients included.

`python tests/bench/api_load.py [--clients 50] [--seconds 60] [--cases 1000] [--tenants 5]` serves
the API by gunicorn as `make serve` does, with throttles and audit on, and lets clients read one
suite, a list of 50 suites, a batch, a page of 50 scorecards and a summary in turn. Prints one JSON
line: reads per second, p50, p99, and what was no 200.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import found_tenant, stand
from tests.services import Services

ROOT = Path(__file__).resolve().parents[2]
# A tenant's clients share its rate; a minute of the load must fit in it.
RATES = {"API_RATE_KEY": "100000/minute", "API_RATE_TENANT": "1000000/minute"}


def main() -> None:
    """Fill, serve, read, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--tenants", type=int, default=5)
    asked = parser.parse_args()
    with stand() as services:
        found_tenant()
        readers = [_fill(number, cases=asked.cases) for number in range(asked.tenants)]
        with _site(services) as place:
            report = asyncio.run(_load(place, readers=readers, asked=asked))
    print(json.dumps({**vars(asked), **report, "load": os.getloadavg()[0]}))


def _fill(number: int, *, cases: int) -> tuple[str, list[str]]:
    """Give a tenant 60 suites and a scored batch; answer its key and the addresses to read."""
    from evalsite.keys.issue import issue_key
    from evalsite.tenants.models import Role, Tenant
    from evalsite.tenants.scope import tenant
    from tests import factories as make

    own = Tenant.objects.create(slug=f"reader-{number}", name=f"Reader {number}")
    with tenant(own.pk):
        suites = [make.make_suite() for _ in range(60)]
        batch = make.make_batch(suite=suites[0], state="finished", n_cases=cases)
        for place in range(cases):
            case = make.make_case(suite=suites[0], key=f"case-{place}")
            make.make_scorecard(batch=batch, revision=make.make_revision(case=case))
        make.make_summary(batch=batch)
        issued = issue_key(name="reader", role=Role.VIEWER, scopes=["*:read"])
    addresses = [
        f"suites/{suites[1].pk}",
        "suites?page_size=50",
        f"batches/{batch.pk}",
        f"batches/{batch.pk}/scorecards?page_size=50",
        f"batches/{batch.pk}/summaries",
    ]
    return issued.token.get_secret_value(), [f"/api/v1/{address}" for address in addresses]


@contextmanager
def _site(services: Services) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    options = ("--config", "python:evalsite.web.server")
    site = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "evalsite.wsgi", "--bind", place, *options],
        env={**os.environ, **services.environment(), **RATES},
        cwd=ROOT,
    )
    try:
        yield f"http://{place}"
    finally:
        site.terminate()
        site.wait()


async def _load(
    place: str, *, readers: list[tuple[str, list[str]]], asked: argparse.Namespace
) -> dict[str, object]:
    statuses: Counter[int] = Counter()
    times: list[float] = []

    async def client(number: int, *, until: float) -> None:
        token, addresses = readers[number % len(readers)]
        line = await _Line.open(place, token)
        for address in islice(cycle(addresses), number, None):
            began = time.perf_counter()
            if began >= until:
                break
            statuses[await line.get(address)] += 1
            times.append(time.perf_counter() - began)
        line.close()

    for seconds in (3, asked.seconds):  # the first is to warm up
        statuses.clear()
        times.clear()
        end = time.perf_counter() + seconds
        await asyncio.gather(*(client(n, until=end) for n in range(asked.clients)))
    cuts = quantiles(times, n=100)
    return {
        "reads per second": round(len(times) / asked.seconds),
        "p50 ms": round(cuts[49] * 1000),
        "p99 ms": round(cuts[98] * 1000),
        "statuses": dict(statuses),
    }


class _Line:
    """A client's connection, kept open. It shares the two cores: a library would take more."""

    def __init__(
        self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], *, head: str
    ) -> None:
        self._reader, self._writer = streams
        self._head = head

    @classmethod
    async def open(cls, place: str, token: str) -> _Line:
        """Connect as soon as the site is up."""
        host, port = place.removeprefix("http://").split(":")
        head = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        for _ in range(100):
            try:
                return cls(await asyncio.open_connection(host, int(port)), head=head)
            except OSError:
                await asyncio.sleep(0.2)
        raise TimeoutError("the site does not come up")

    async def get(self, address: str) -> int:
        """Read an address to its end; answers the status."""
        self._writer.write(f"GET {address} HTTP/1.1\r\n{self._head}".encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
        return int(head.split(maxsplit=2)[1])

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


if __name__ == "__main__":
    main()
