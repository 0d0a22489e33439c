"""`manage.py sweep`: one round of what the coordinator does all the time."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from evalsite.alerts.deliver import deliver_due
from evalsite.batches.models import BatchState
from evalsite.batches.queries import find_batch
from evalsite.batches.steer import BatchNotFinished
from evalsite.pipeline.react import react
from evalsite.pipeline.sweep import sweep
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Sweep one tenant once."""

    help = "Once: relay the outbox, release dead leases, finish what is complete, send alerts."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "--again",
            metavar="BATCH",
            help="first compare, rank and tell of this finished batch once more",
        )

    def work(self, **options: Any) -> None:
        """Run the command; exit code 1 where what was to be done again failed again."""
        failed = _again(options["again"]) if options["again"] else []
        self.stdout.write(json.dumps({**sweep(), "delivered": deliver_due(), "failed": failed}))
        if failed:
            raise SystemExit(1)


def _again(name: str) -> list[str]:
    batch = find_batch(name)
    if batch.state != BatchState.FINISHED:
        raise BatchNotFinished(f"batch {batch.pk} is {batch.state}")
    with transaction.atomic():
        return react(batch)
