"""How long each page takes the server, with a million scorecards in the tenant.

`python tests/bench/pages.py [--cards 1000000] [--times 7] [--cases 10000]` prints a line for each
page: the median and the worst of so many times in milliseconds, its queries, and its size in KB;
and says which took more than 150 ms or 200 KB. Batches hold `--cases` each.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.scored import CASES, fill
from tests.bench.stand import found_tenant, stand

if TYPE_CHECKING:
    from django.test import Client

MOST_MS = 150
MOST_KB = 200
# What people look for in the long lists.
ASKED = {
    "batch": ("status=failed", "order=weakest", "slice=tag:t3", "q=made", "stage=f1", "q=no-such"),
    "comparison": ("show=regressed", "show=same", "show=improved"),
    "cases": ("q=case-99", "tag=t3", "q=no-such"),
    "leaderboard": ("metric=score",),
}


def main() -> None:
    """Fill, look at each page, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--cases", type=int, default=CASES)
    asked = parser.parse_args()
    with stand():
        from evalsite.tenants.scope import tenant

        with tenant(found_tenant()):
            _fill(asked.cards // asked.cases, n_cases=asked.cases)
            client = _owner()
            from tests.browser.rows import PAGES

            addresses = {name: address() for name, address in PAGES.items()}
        asked_for = {
            f"{name}?{query}": f"{addresses[name]}?{query}"
            for name, queries in ASKED.items()
            for query in queries
        }
        pages = sorted({**addresses, **asked_for}.items())
        print(f"{'page':<28}{'median ms':>10}{'worst ms':>10}{'queries':>9}{'KB':>7}")
        slow = [name for name, address in pages if _look(client, name, address, asked.times)]
    print(f"over the limit: {', '.join(slow) or 'none'}")


def _fill(n_batches: int, *, n_cases: int) -> None:
    """Score batches a day apart, and close each as its last task would."""
    from django.utils import timezone

    from evalsite.pipeline.finish import close
    from tests.browser.more_rows import fill_up

    now = timezone.now()
    days = [now - timedelta(days=day) for day in range(n_batches, 0, -1)]
    for batch in fill(days, n_cases=n_cases):
        close(batch)
    fill_up()


def _owner() -> Client:
    from django.conf import settings
    from django.test import Client

    from evalsite.tenants.enrol import admit
    from evalsite.tenants.models import Role
    from tests.tenant_rows import make_user

    settings.ALLOWED_HOSTS = ["testserver"]
    person, client = make_user(), Client()
    admit(person, role=Role.OWNER)
    client.force_login(person)
    return client


def _look(client: Client, name: str, address: str, times: int) -> bool:
    """Look at a page so many times; answers whether it is too slow or too large."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took, kilobytes = [], 0.0
    for _ in range(times + 1):
        begun = time.perf_counter()
        answer = client.get(address)
        took.append((time.perf_counter() - begun) * 1000)
        assert answer.status_code == 200, (name, answer.status_code)
        kilobytes = len(answer.content) / 1000
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    middle = median(took[1:])  # the first compiles the template
    figures = f"{middle:>10.0f}{max(took[1:]):>10.0f}{len(queries):>9}{kilobytes:>7.0f}"
    print(f"{name:<28}{figures}", flush=True)
    return middle > MOST_MS or kilobytes > MOST_KB


if __name__ == "__main__":
    main()
