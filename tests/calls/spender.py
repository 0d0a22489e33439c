"""A process of many workers that spend a batch's money as fast as they can, until it is halted."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from itertools import count
from threading import Thread
from uuid import UUID

import django


def main(tenant_id: str, batch_id: str, n_workers: str) -> None:
    """Say `ready`, wait for a line, and spend until the cap halts every worker."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "evalsite.settings"
    django.setup()
    import_module("tests.calls.counter")  # what takes long is over before the start
    print("ready", flush=True)
    sys.stdin.readline()
    threads = [
        Thread(target=_spend, args=(UUID(tenant_id), UUID(batch_id), number))
        for number in range(int(n_workers))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _spend(tenant_id: UUID, batch_id: UUID, worker: int) -> None:
    from evalsite.batches.models import Batch
    from evalsite.calls.ask import Asker
    from evalsite.tenants.scope import tenant
    from judges.models import Halt
    from tests.calls.counter import Counter, question

    async def spend(asker: Asker) -> None:
        for number in count():
            await asker.chat(question(f"{os.getpid()} {worker} {number}"))

    with tenant(tenant_id):
        try:
            Counter(Batch.objects.get(pk=batch_id), note=False).run(spend)
        except Halt as halt:
            print(halt.code, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
