"""`manage.py evaluaterun RUN`: evaluate a completed run as its target's evaluations say."""

from __future__ import annotations

import getpass
import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.batches.models import Batch
from evalsite.pipeline import report
from evalsite.pipeline.conclude import conclude
from evalsite.pipeline.evaluate import evaluate
from evalsite.pipeline.evaluate_due import evaluations_of
from evalsite.targets.queries import find_run
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Evaluate a completed run."""

    help = (
        "Evaluate a completed run on what its target is evaluated on. Asking twice gives the same "
        "batch. Without --wait the batches' ids are printed, and workers score them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("run", help="the run's name")
        parser.add_argument("--suite", help="on this suite only")
        parser.add_argument(
            "--judge", action="append", default=[], metavar="STAGE=JUDGE",
            help="another judge for a stage, this time only: a batch of its own",
        )  # fmt: skip
        parser.add_argument("--wait", action="store_true", help="score it here; tiny ones only")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        run = find_run(options["run"])
        judges, codes = options["judge"], [0]
        for evaluation in evaluations_of(run, suite=options["suite"]):
            batch = evaluate(
                run, evaluation, judges=judges, wait=options["wait"], actor=getpass.getuser()
            )
            codes.append(self._tell(batch, options))
        if max(codes):
            raise SystemExit(max(codes))

    def _tell(self, batch: Batch, options: dict[str, Any]) -> int:
        """Print the report of what was waited for, or the batch's id; answers the exit code."""
        if not options["wait"]:
            event = {"event": "evaluation", "id": str(batch.pk), "state": batch.state}
            self.stdout.write(json.dumps(event) if options["json"] else str(batch.pk))
            return 0
        report.say(batch, as_json=options["json"], out=self.stdout)
        end = conclude(batch, tenant=options["tenant"])
        for line in end.lines:
            self.stderr.write(line)
        return end.exit_code
