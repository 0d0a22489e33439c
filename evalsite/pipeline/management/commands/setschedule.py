"""`manage.py setschedule NAME --suite S --run R --crontab C`: evaluate again and again."""

from __future__ import annotations

import getpass
import json
from argparse import ArgumentTypeError
from typing import Any, Final

from django.core.management.base import CommandParser

from evalsite.cases.queries import find_suite
from evalsite.pipeline.begin import given_options, selection_of
from evalsite.pipeline.run_arguments import declare_cases, declare_judging
from evalsite.schedules.models import CatchUp, Schedule, ScheduleKind
from evalsite.schedules.set_schedule import set_schedule
from evalsite.targets.queries import find_run, find_target
from evalsite.tenants.command import TenantCommand, whole_number
from packs.override import with_judges
from packs.registry import PACKS

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Command(TenantCommand):
    """Set a schedule."""

    help = (
        "Say what is evaluated again and again. With --run each tick asks a live system anew, as "
        "that run does; with --target it samples what was recorded since the tick before. What is "
        "given replaces what was set under the name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="what it is called")
        parser.add_argument("--suite", required=True, help="the suite's name")
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument("--run", help="a live run: each tick is asked as it is")
        asked.add_argument("--target", help="sample what its runs record")
        self._declare_times(parser)
        sample = parser.add_argument_group("what is sampled of a --target")
        sample.add_argument("--percent", type=float, default=100.0, metavar="P")
        sample.add_argument("--most", type=whole_number, default=200, metavar="N")
        parser.add_argument("--gate", default="", help="the gate that each batch is held against")
        parser.add_argument("--off", action="store_true", help="paused: nothing is due")
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")
        declare_judging(parser)
        declare_cases(parser)

    def _declare_times(self, parser: CommandParser) -> None:
        when = parser.add_mutually_exclusive_group(required=True)
        when.add_argument("--crontab", default="", help='five fields, such as "30 6 * * 1-5"')
        when.add_argument("--every", type=_seconds, metavar="1h", help="in s, m, h or d")
        parser.add_argument("--time-zone", default="UTC", help="of the crontab: Europe/Berlin")
        parser.add_argument("--catch-up", choices=CatchUp.values, default=CatchUp.LATEST.value)
        parser.add_argument("--catch-up-most", type=whole_number, default=10, metavar="N")

    def work(self, **options: Any) -> None:
        """Save the schedule and say when it is due."""
        schedule = Schedule.objects.filter(name=options["name"]).first()
        schedule = schedule or Schedule(name=options["name"])
        for name, value in {**_asked(options), **_fields(options)}.items():
            setattr(schedule, name, value)
        set_schedule(schedule, actor=getpass.getuser())
        due = schedule.next_at.isoformat(timespec="seconds") if schedule.next_at else None
        if options["json"]:
            self.stdout.write(json.dumps({"event": "set", "id": str(schedule.pk), "next_at": due}))
        else:
            how = f"is due {due}" if due else "is paused"
            self.stderr.write(f"schedule {schedule.name} {how}")


def _asked(options: dict[str, Any]) -> dict[str, Any]:
    """Answer what a tick is about; raises SuiteUnknown, RunUnknown and TargetUnknown."""
    suite = find_suite(options["suite"])
    if options["target"]:
        target = find_target(options["target"])
        return {"kind": ScheduleKind.RECORDED, "suite": suite, "target": target, "run": None}
    run = find_run(options["run"])
    return {"kind": ScheduleKind.LIVE, "suite": suite, "target": run.target, "run": run}


def _fields(options: dict[str, Any]) -> dict[str, Any]:
    pack = PACKS.load(find_suite(options["suite"]).pack).value
    return {
        "crontab": options["crontab"],
        "every_seconds": options["every"],
        "time_zone": options["time_zone"],
        "catch_up": options["catch_up"],
        "catch_up_most": options["catch_up_most"],
        "options": with_judges(pack, given_options(options), overrides=options["judge"]),
        "selection": selection_of(options).as_json(),
        "repetitions": options["repetitions"],
        "max_cost_usd": options["max_cost"],
        "gate": options["gate"],
        "percent": options["percent"],
        "most": options["most"],
        "is_active": not options["off"],
    }


def _seconds(text: str) -> int:
    number, unit = text[:-1], text[-1:]
    if unit not in _SECONDS or not number.isdecimal() or len(number) > 9:
        raise ArgumentTypeError(f"{text!r:.40} is no interval, such as 15m, 6h or 1d")
    return int(number) * _SECONDS[unit]
