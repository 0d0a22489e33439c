"""`manage.py setevaluation --target T --suite S`: what completed runs of T are evaluated on."""

from __future__ import annotations

import getpass
import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.cases.queries import find_suite
from evalsite.pipeline.begin import given_options, selection_of
from evalsite.pipeline.models import Evaluation
from evalsite.pipeline.run_arguments import declare_cases, declare_judging
from evalsite.pipeline.set_evaluation import set_evaluation
from evalsite.targets.queries import find_target
from evalsite.tenants.command import TenantCommand
from packs.override import with_judges
from packs.registry import PACKS


class Command(TenantCommand):
    """Set an evaluation of a target."""

    help = (
        "Say what the runs of a target are evaluated on as soon as they are completed. What is "
        "given replaces what was set for the same target, suite and name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--target", required=True, help="the system under test")
        parser.add_argument("--suite", required=True, help="the suite's name")
        parser.add_argument("--name", default="", help="tells several on one suite apart")
        parser.add_argument("--gate", default="", help="the gate that its batches must pass")
        parser.add_argument("--off", action="store_true", help="start nothing from now on")
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")
        declare_judging(parser)
        declare_cases(parser)

    def work(self, **options: Any) -> None:
        """Save the evaluation and say so."""
        suite, target = find_suite(options["suite"]), find_target(options["target"])
        natural = {"target": target, "suite": suite, "name": options["name"]}
        evaluation = Evaluation.objects.filter(**natural).first() or Evaluation(**natural)
        pack = PACKS.load(suite.pack).value
        evaluation.options = with_judges(pack, given_options(options), overrides=options["judge"])
        evaluation.selection = selection_of(options).as_json()
        evaluation.repetitions = options["repetitions"]
        evaluation.max_cost_usd = options["max_cost"]
        evaluation.gate = options["gate"]
        evaluation.is_active = not options["off"]
        set_evaluation(evaluation, actor=getpass.getuser())
        if options["json"]:
            event = {"event": "set", "id": str(evaluation.pk), "active": evaluation.is_active}
            self.stdout.write(json.dumps(event))
        else:
            how = "is evaluated" if evaluation.is_active else "is no longer evaluated"
            self.stderr.write(f"target {target.name} {how} on suite {suite.name}")
