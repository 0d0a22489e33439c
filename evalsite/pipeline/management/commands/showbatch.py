"""`manage.py showbatch BATCH`: a batch's summary, comparison and steps."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.batches.models import BatchState
from evalsite.batches.queries import find_batch
from evalsite.pipeline import report
from evalsite.pipeline.account import resume_command
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Show one batch."""

    help = "Show a batch's summary and what the comparison with its baseline found."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("batch", help="the batch's id, or how it begins")
        parser.add_argument("--json", action="store_true", help="JSON on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        batch = find_batch(options["batch"])
        report.say(batch, as_json=options["json"], out=self.stdout)
        if batch.state == BatchState.PAUSED and not options["json"]:
            self.stdout.write(f"Go on with: {resume_command(batch, tenant=options['tenant'])}")
