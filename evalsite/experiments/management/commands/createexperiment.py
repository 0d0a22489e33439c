"""`manage.py createexperiment NAME --margin M`: declare an experiment."""

from __future__ import annotations

import getpass
import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.cases.queries import find_suite
from evalsite.experiments.choices import Claim, Metric
from evalsite.experiments.declare import create_experiment
from evalsite.experiments.report import claim_in_words, described_as_json
from evalsite.tenants.command import TenantCommand

_DECLARED = ("alpha", "tie_band", "max_slower", "max_dearer", "planned_cases")


class Command(TenantCommand):
    """Declare an experiment."""

    help = "Declare an experiment: what decides it. The first result locks the declaration."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="letters, digits, hyphens and underscores")
        parser.add_argument("--margin", type=float, required=True, help="in the metric's unit")
        parser.add_argument("--metric", choices=Metric.values, default=Metric.SCORE)
        parser.add_argument("--claim", choices=Claim.values, default=Claim.NON_INFERIORITY)
        parser.add_argument("--alpha", type=float, help="0.025 without it, on each side")
        parser.add_argument("--tie-band", type=float, metavar="D", help="0 without it")
        parser.add_argument("--max-slower", type=float, metavar="SHARE", help="0.1 is 10 %%")
        parser.add_argument("--max-dearer", type=float, metavar="SHARE", help="0.1 is 10 %%")
        parser.add_argument("--planned-cases", type=int, metavar="N")
        parser.add_argument(
            "--peek-safe", action="store_true", help="stop a variant's batch once it is settled"
        )
        parser.add_argument("--suite", help="the only suite that may be run for it")
        parser.add_argument("--description", default="")
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")

    def work(self, **options: Any) -> None:
        """Create it and say what was declared."""
        made = create_experiment(
            options["name"],
            margin=options["margin"],
            suite=find_suite(options["suite"]) if options["suite"] else None,
            actor=getpass.getuser(),
            primary_metric=options["metric"],
            claim=options["claim"],
            peek_safe=options["peek_safe"],
            description=options["description"],
            **{name: options[name] for name in _DECLARED if options[name] is not None},
        )
        if options["json"]:
            self.stdout.write(json.dumps(described_as_json(made)))
        else:
            self.stderr.write(f"{made.name}: deploy if {claim_in_words(made)}", style_func=str)
