"""`manage.py listschedules`: what is evaluated again and again, and how its last tick went."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.schedules.models import Schedule, Tick
from evalsite.schedules.queries import find_schedule, newest_ticks
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """List the schedules."""

    help = "List the schedules, when each is due, and what its last tick came to."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--name", help="only this one")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        schedules = Schedule.objects.select_related("suite", "target").order_by("name")
        if options["name"]:
            schedules = schedules.filter(pk=find_schedule(options["name"]).pk)
        found = list(schedules)
        ticks = newest_ticks([schedule.pk for schedule in found], n=1)
        for schedule in found:
            fields = _fields(schedule, next(iter(ticks.get(schedule.pk, [])), None))
            self.stdout.write(json.dumps(fields) if options["json"] else _line(fields))
        if not found:
            self.stderr.write("no schedule yet: manage.py setschedule makes one")


def _fields(schedule: Schedule, last: Tick | None) -> dict[str, Any]:
    return {
        "id": str(schedule.pk),
        "name": schedule.name,
        "kind": schedule.kind,
        "suite": schedule.suite.name,
        "target": schedule.target.name,
        "rhythm": schedule.crontab or f"every {schedule.every_seconds} s",
        "time_zone": schedule.time_zone,
        "next_at": schedule.next_at.isoformat(timespec="seconds") if schedule.next_at else None,
        "last_at": last.due_at.isoformat(timespec="seconds") if last else None,
        "last_state": last.state if last else "",
        "last_code": last.code if last else "",
        "last_batch": str(last.batch_id) if last and last.batch_id else None,
    }


def _line(fields: dict[str, Any]) -> str:
    due = fields["next_at"] or "paused"
    last = " ".join(filter(None, (fields["last_state"], fields["last_code"]))) or "never due"
    about = f"{fields['suite']} / {fields['target']}"
    return f"{fields['name']:<24}  {due:<25}  {last:<24}  {fields['rhythm']:<20}  {about}"
