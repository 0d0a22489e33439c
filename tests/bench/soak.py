"""Half an hour at half load: does anything grow that should not?

`python tests/bench/soak.py [--minutes 30]`. Batches of four tenants, one after another, with as
long a pause after each as it took. Goals: resident memory grows by 1 MiB in 10 minutes at most, by
least squares, of each process (of a worker's children, which are replaced, of the largest at the
time), and of the broker between two moments without work; no more database connections at the end
than in the middle; no pub/sub channel left behind, and no key of the broker that never expires.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import redis

from tests.bench.filled import Filled, fill, require_sound, right, start
from tests.bench.plant import Plant, Sample, plant, until_over
from tests.bench.stand import found_tenant, stand
from tests.bench.verdict import Goal, verdict
from tests.services import DATABASE, Services

TENANTS = 4
# Until every process has done all that it does, and loaded what it needs for that.
WARM_UP_S = 240
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = %s"


def main() -> None:
    """Work, watch, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--cases", type=int, default=1_000, help="of each batch")
    asked = parser.parse_args()
    with stand() as services:
        found_tenant()
        work = [_work(number, asked.cases) for number in range(TENANTS)]
        with plant(services) as running:
            _warm_up(work)
            figures = _soak(running, services, work=work, seconds=60 * asked.minutes)
    slopes = figures.pop("slopes")
    goals = [
        Goal("steepest memory, MiB in 10 minutes", max(slopes.values()), 1.0),
        Goal("database connections more than before", figures.pop("more_connections"), 0),
        Goal("pub/sub channels more than before", figures.pop("more_channels"), 0),
        Goal("lasting keys of the broker more than before", figures.pop("more_keys"), 0),
        Goal("the broker's memory, MiB in 10 minutes", figures.pop("broker_slope"), 1.0),
    ]
    verdict("soak", goals, slopes=slopes, minutes=asked.minutes, **figures)


def _work(number: int, n: int) -> tuple[Any, Filled]:
    from evalsite.tenants.enrol import create_tenant
    from evalsite.tenants.scope import tenant

    made = create_tenant(slug=f"soak-{number}", name=f"Soak {number}").pk
    with tenant(made):
        return made, fill(n)


def _score(work: tuple[Any, Filled]) -> float:
    """Score one batch; answers the seconds."""
    from evalsite.tenants.scope import tenant

    began = time.perf_counter()
    with tenant(work[0]):
        batch = start(work[1])
        until_over(batch.pk, seconds=300)
        n = batch.n_cases
        require_sound(batch, n=n, passed=right(n))
    return time.perf_counter() - began


def _warm_up(work: Sequence[tuple[Any, Filled]]) -> None:
    end = time.monotonic() + WARM_UP_S
    while time.monotonic() < end:
        for one in work:
            _score(one)


def _soak(
    running: Plant, services: Services, *, work: Sequence[tuple[Any, Filled]], seconds: float
) -> dict[str, Any]:
    broker = _broker(services)
    before, began, n = _stand_of(broker), time.time(), 0
    connections: list[int] = []
    while (passed := time.time() - began) < seconds:
        took = _score(work[n % TENANTS])
        n += 1
        connections += [_connections(services)] if passed > seconds / 4 else []
        time.sleep(took)
    time.sleep(320)  # until what expires by itself has: a chord's mark is kept for five minutes
    after = _stand_of(broker)
    half = len(connections) // 2
    return {
        "slopes": _slopes([sample for sample in running.samples if sample.at > began]),
        "batches": n,
        "more_connections": max(connections[half:]) - max(connections[: half or 1]),
        "connections": max(connections),
        "more_channels": after["channels"] - before["channels"],
        "more_keys": after["keys"] - before["keys"],
        "broker_slope": (after["memory"] - before["memory"]) / 2**20 / (seconds / 600),
        "broker_bytes": (before["memory"], after["memory"]),
        "peak_mib": running.peaks(),
    }


def _slopes(samples: Sequence[Sample]) -> dict[str, float]:
    """Answer by how many MiB each role grows in ten minutes, by least squares."""
    series: dict[str, dict[float, float]] = {}
    for sample in samples:
        at = series.setdefault(sample.role, {})
        at[sample.at] = max(at.get(sample.at, 0), sample.mib)
    return {role: round(600 * _slope(list(at.items())), 3) for role, at in series.items()}


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def _broker(services: Services) -> redis.Redis:
    url = services.broker_url.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url.replace("virtual_host=", "db="))


def _stand_of(broker: redis.Redis) -> dict[str, int]:
    """Answer the memory, the channels and the lasting keys of a broker that has nothing to do."""
    broker.memory_purge()
    memory: Any = broker.info("memory")
    channels = len(broker.pubsub_channels()) + broker.pubsub_numpat()
    keys = sum(broker.ttl(key) == -1 for key in broker.scan_iter())
    return {"memory": memory["used_memory_dataset"], "channels": channels, "keys": keys}


def _connections(services: Services) -> int:
    import psycopg

    with psycopg.connect(services.admin) as admin:
        row = admin.execute(_CONNECTIONS, [DATABASE, "evalsite_app"]).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    main()
