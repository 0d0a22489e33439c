"""`manage.py completerun RUN`: no more outputs will come."""

from __future__ import annotations

import getpass
from typing import Any

import orjson
from django.core.management.base import CommandParser

from evalsite.pipeline.evaluate_due import start_due
from evalsite.pipeline.models import EvaluationRequest
from evalsite.targets.complete import complete_run
from evalsite.targets.queries import find_run
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Complete a run."""

    help = (
        "Mark a run completed. Its target's evaluations start by themselves; --evaluate starts "
        "them before the command returns, and prints their batches."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("run", help="the run's name")
        parser.add_argument("--evaluate", action="store_true", help="start its evaluations now")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Complete the run and say what that started."""
        run = find_run(options["run"])
        is_news = complete_run(run, actor=getpass.getuser())
        event = {"event": "completed", "run": run.name, "id": str(run.pk), "new": is_news}
        self._tell(event, f"run {run.name} is {run.status}", as_json=options["json"])
        if options["evaluate"]:
            start_due()
        requests = EvaluationRequest.objects.filter(run=run).select_related("evaluation__suite")
        for request in requests.order_by("created_at"):
            suite = request.evaluation.suite.name
            batch = str(request.batch_id) if request.batch_id else None
            fields = {"suite": suite, "state": request.state, "code": request.code, "batch": batch}
            line = f"{suite}: {request.state}, {batch or request.reason or 'starts by itself'}"
            self._tell({"event": "evaluation", **fields}, line, as_json=options["json"])

    def _tell(self, event: dict[str, Any], line: str, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(orjson.dumps(event).decode())
        else:
            self.stderr.write(line)
