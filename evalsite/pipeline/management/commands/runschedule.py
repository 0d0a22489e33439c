"""`manage.py runschedule NAME`: a tick of a schedule, now."""

from __future__ import annotations

import getpass
import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.pipeline.run_schedules import run_now
from evalsite.schedules.models import TickState
from evalsite.schedules.queries import find_schedule
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Run a tick."""

    help = (
        "Run a tick of a schedule now, also of a paused one; when it is due next stays. Workers "
        "score its batch."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="the schedule's name")
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")

    def work(self, **options: Any) -> None:
        """Run it, and print the batch's id; a tick that was refused ends with exit code 1."""
        tick = run_now(find_schedule(options["name"]), actor=getpass.getuser())
        batch = str(tick.batch_id) if tick.batch_id else None
        if options["json"]:
            told = {"event": "tick", "id": str(tick.pk), "state": tick.state, "batch": batch}
            self.stdout.write(json.dumps({**told, "code": tick.code}))
        elif batch:
            self.stdout.write(batch)
        if tick.state == TickState.REFUSED:
            self.stderr.write(tick.reason)
            raise SystemExit(1)
        if tick.state == TickState.EMPTY:
            self.stderr.write(f"nothing to score: {tick.n_new} outputs are new, none was drawn")
            raise SystemExit(5)
