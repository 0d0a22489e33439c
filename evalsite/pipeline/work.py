"""`python -m evalsite.pipeline.work NAME`: a worker for every queue, started without delay.

`celery --app evalsite worker` starts the same one, and imports every other command first, Flower's
among them, with all that they stand on.
"""

from __future__ import annotations

import os
import sys

import django

from evalsite.env import load


def main(name: str) -> int:
    """Work until told to stop; answers the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalsite.settings")
    django.setup()
    from celery.utils.nodenames import host_format

    from evalsite.celery import app

    worker = app.Worker(
        hostname=host_format(f"{name}@%h"),
        concurrency=load().worker_slots,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        quiet=True,  # its banner is no line of a log
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
