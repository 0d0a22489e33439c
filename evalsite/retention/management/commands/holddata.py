"""`manage.py holddata --suite S --reason R`: keep data whatever the policy says."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import CommandParser

from evalsite.batches.models import Batch
from evalsite.batches.queries import find_batch
from evalsite.cases.models import Suite
from evalsite.cases.queries import find_suite
from evalsite.retention.hold import hold
from evalsite.targets.models import Run
from evalsite.targets.queries import find_run
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Place a legal hold."""

    help = "Let no policy purge a suite, a batch, a run, or anything, until the hold is released."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        of = parser.add_mutually_exclusive_group(required=True)
        of.add_argument("--suite", help="all batches of a suite, and the outputs for its cases")
        of.add_argument("--batch", help="a batch and its run's outputs; how its id begins will do")
        of.add_argument("--run", help="a run's outputs and batches")
        of.add_argument("--all", action="store_true", help="all that the tenant has")
        parser.add_argument("--reason", required=True, help="why: a case number, a request")

    def work(self, **options: Any) -> None:
        """Run the command."""
        placed = hold(_named(options), reason=options["reason"], actor=getpass.getuser())
        self.stdout.write(str(placed.pk))


def _named(options: dict[str, Any]) -> Suite | Batch | Run | None:
    if options["suite"]:
        return find_suite(options["suite"])
    if options["batch"]:
        return find_batch(options["batch"])
    return find_run(options["run"]) if options["run"] else None
