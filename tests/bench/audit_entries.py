"""What the audit trail's chain costs: entries a second with and without it, and verifying them.

`python tests/bench/audit_entries.py [--entries 10000] [--writers 8]` records entries one by one,
each in a transaction of its own; all in one; by several writers of one tenant, and of one each.
"Without" is with the linking trigger off. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.stand import found_tenant, stand


def main() -> None:
    """Write, verify, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--writers", type=int, default=8)
    asked = parser.parse_args()
    with stand() as services:
        found_tenant()
        with services.superuser() as superuser:
            superuser.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_link")
            without = _rates(asked)
            superuser.execute("DELETE FROM audit_entry")
            superuser.execute("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_link")
            report = {"linked": _rates(asked), "without": without}
        took = {"verify_s": _verify(), "load": os.getloadavg()[0]}
    print(json.dumps({**vars(asked), **report, **took}))


def _rates(asked: argparse.Namespace) -> dict[str, float]:
    """Answer entries per second by way of writing."""
    from django.db import transaction

    n, writers = asked.entries, asked.writers
    tenants = [_tenant(number) for number in range(writers)]
    one = tenants[0]

    def in_one() -> None:
        with transaction.atomic():
            _write(one, n)

    return {
        "one_by_one": n / _timed(lambda: _write(one, n)),
        "in_one_transaction": n / _timed(in_one),
        "writers_of_one_tenant": n / _timed(lambda: _at_once([one] * writers, n // writers)),
        "writers_of_a_tenant_each": n / _timed(lambda: _at_once(tenants, n // writers)),
    }


def _tenant(number: int) -> UUID:
    from evalsite.tenants.models import Tenant

    made, _ = Tenant.objects.get_or_create(slug=f"audited-{number}", defaults={"name": "x"})
    return made.pk


def _write(tenant_id: UUID, n: int) -> None:
    from evalsite.audit.record import record
    from evalsite.tenants.scope import tenant

    with tenant(tenant_id):
        for number in range(n):
            record("case.changed", f"case {number}", before={"a": number}, after={"a": 0})


def _at_once(tenants: list[UUID], n: int) -> None:
    from django.db import connection

    def write(tenant_id: UUID) -> None:
        with closing(connection):
            _write(tenant_id, n)

    writers = [threading.Thread(target=write, args=[one]) for one in tenants]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()


def _verify() -> float:
    from evalsite.audit.verify import verify_trail
    from evalsite.tenants.scope import tenant

    with tenant(_tenant(0)):
        return _timed(verify_trail)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
