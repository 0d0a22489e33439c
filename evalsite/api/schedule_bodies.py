"""What a schedule is made from over the API, and how a body becomes its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import OpenApiExample
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DictField,
    FloatField,
    IntegerField,
    JSONField,
)

from evalsite.api.frame.named import run_of, suite_of, target_of
from evalsite.api.frame.wanted import Wanted
from evalsite.api.orders import Cases, money
from evalsite.cases.read_selection import read_selection
from evalsite.pipeline.run_arguments import MOST_REPETITIONS
from evalsite.schedules.models import (
    LONGEST_NAME,
    LONGEST_SECONDS,
    MOST_CAUGHT_UP,
    MOST_SAMPLED,
    SHORTEST_SECONDS,
    CatchUp,
    Schedule,
    ScheduleKind,
)
from evalsite.schedules.set_schedule import ScheduleInvalid

_DEAREST: Final = 999_999_999


class ScheduleEdit(Wanted):
    """What may be changed about a schedule; what is left out stays."""

    crontab = CharField(
        required=False, max_length=200, help_text="Five fields. Ends an interval, as that ends it."
    )
    every_seconds = IntegerField(
        required=False, min_value=SHORTEST_SECONDS, max_value=LONGEST_SECONDS
    )
    time_zone = CharField(required=False, max_length=64, help_text="IANA's name; UTC.")
    catch_up = ChoiceField(required=False, choices=CatchUp.choices)
    catch_up_most = IntegerField(required=False, min_value=1, max_value=MOST_CAUGHT_UP)
    options = DictField(
        child=JSONField(allow_null=True), required=False, help_text="The pack's, its judges too."
    )
    selection = Cases(required=False, help_text="Empty: all cases.")
    run = CharField(
        required=False, max_length=100, help_text="A live run, asked anew: its id or name."
    )
    repetitions = IntegerField(required=False, min_value=1, max_value=MOST_REPETITIONS)
    max_cost_usd = FloatField(
        required=False, allow_null=True, min_value=0, max_value=_DEAREST, help_text="Of each tick."
    )
    gate = CharField(
        required=False, allow_blank=True, max_length=100, help_text="Its name; empty: none."
    )
    percent = FloatField(
        required=False, min_value=0.001, max_value=100, help_text="Of what was recorded."
    )
    most = IntegerField(
        required=False, min_value=1, max_value=MOST_SAMPLED, help_text="Of what was recorded."
    )


class NewSchedule(ScheduleEdit):
    """What a new schedule is made from: with a `run` it asks anew, with a `target` it samples."""

    name = CharField(max_length=LONGEST_NAME)
    suite = CharField(max_length=100, help_text="Its id or name.")
    target = CharField(
        required=False, max_length=100, help_text="Whose recorded outputs are sampled."
    )


EXAMPLES: Final = [
    OpenApiExample(
        "A live system, each working day at half past six",
        value={
            "name": "nightly",
            "suite": "capitals",
            "run": "bot-live",
            "crontab": "30 6 * * 1-5",
            "time_zone": "Europe/Berlin",
        },
        request_only=True,
    ),
    OpenApiExample(
        "Five per cent of what was recorded in an hour",
        value={
            "name": "online",
            "suite": "capitals",
            "target": "bot",
            "every_seconds": 3600,
            "percent": 5,
            "most": 100,
        },
        request_only=True,
    ),
]


def new_schedule(body: Mapping[str, Any]) -> Schedule:
    """Answer the schedule that a body of `NewSchedule` is, not kept yet.

    Raises SuiteUnknown, RunUnknown, TargetUnknown, ScheduleInvalid, and what `read_selection` does.
    """
    given = dict(body)
    run, target = given.pop("run", None), given.pop("target", None)
    if (run is None) == (target is None):
        raise ScheduleInvalid("it needs a live run or a target, and not both")
    asked = None if run is None else run_of(run)
    made = Schedule(
        name=given.pop("name"),
        kind=ScheduleKind.RECORDED if asked is None else ScheduleKind.LIVE,
        suite=suite_of(given.pop("suite")),
        target=target_of(str(target)) if asked is None else asked.target,
        run=asked,
    )
    change_schedule(made, given)
    return made


def change_schedule(schedule: Schedule, body: Mapping[str, Any]) -> None:
    """Set the fields that a body of `ScheduleEdit` has; raises RunUnknown, and what
    `read_selection` does.
    """
    kept = dict(body)
    if "selection" in kept:
        wish = dict(kept["selection"])
        keys = {"keys": wish.pop("cases")} if "cases" in wish else {}
        kept["selection"] = read_selection({**wish, **keys}).as_json()
    if "run" in kept:
        kept["run"] = run_of(kept["run"])
    if "max_cost_usd" in kept:
        kept["max_cost_usd"] = money(kept["max_cost_usd"])
    if "crontab" in kept:
        kept.setdefault("every_seconds", None)
    elif "every_seconds" in kept:
        kept["crontab"] = ""
    for name, value in kept.items():
        setattr(schedule, name, value)
