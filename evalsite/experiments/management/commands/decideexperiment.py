"""`manage.py decideexperiment E`: deploy, reject, or needs_review."""

from __future__ import annotations

import getpass
import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.experiments.choices import Verdict
from evalsite.experiments.decide import decide
from evalsite.experiments.queries import find_experiment
from evalsite.experiments.report import as_json, as_text
from evalsite.tenants.command import TenantCommand

EXITS = {Verdict.DEPLOY: 0, Verdict.REJECT: 3, Verdict.NEEDS_REVIEW: 4}


class Command(TenantCommand):
    """Decide an experiment."""

    help = (
        "Decide an experiment by its results, and freeze the decision. "
        "Exit codes: 0 deploy, 3 reject, 4 needs_review, 2 usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the experiment's name")
        newest = "the newest without it"
        parser.add_argument("--baseline-version", default="", metavar="V", help=newest)
        parser.add_argument("--variant-version", default="", metavar="V", help=newest)
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")

    def work(self, **options: Any) -> None:
        """Decide, print it, and end with the verdict's code."""
        decision = decide(
            find_experiment(options["name"]),
            baseline_version=options["baseline_version"],
            variant_version=options["variant_version"],
            actor=getpass.getuser(),
        )
        if options["json"]:
            self.stdout.write(json.dumps(as_json(decision)))
        else:
            self.stdout.write(as_text(decision, colour=self.stdout.isatty()))
        if code := EXITS[Verdict(decision.verdict)]:
            raise SystemExit(code)
