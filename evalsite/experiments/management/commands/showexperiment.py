"""`manage.py showexperiment E`: what is claimed, what is there, what was decided."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.experiments.queries import find_experiment
from evalsite.experiments.report import described, described_as_json
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Show an experiment."""

    help = "Show an experiment: its declaration, its groups, and what was decided last."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the experiment's name")
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")

    def work(self, **options: Any) -> None:
        """Print it."""
        experiment = find_experiment(options["name"])
        if options["json"]:
            self.stdout.write(json.dumps(described_as_json(experiment)))
        else:
            self.stdout.write(described(experiment, colour=self.stdout.isatty()))
