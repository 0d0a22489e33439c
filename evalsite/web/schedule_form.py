"""The form of a schedule, and the times at which it would be due."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any, Final, NamedTuple

from django import forms
from django.forms.models import fields_for_model

from evalsite.cases.form_fields import JsonText
from evalsite.clock import database_now
from evalsite.errors import EvalsiteError
from evalsite.gates.models import Gate
from evalsite.schedules.calendar import next_times, zone_of
from evalsite.schedules.models import Schedule, ScheduleKind
from evalsite.targets.models import EvalMode, RunStatus
from judges.protocol import VerdictError

# How many coming times a page shows.
SHOWN: Final = 5
_FIXED: Final = ("name", "suite", "target")
_FIELDS: Final = (
    *(*_FIXED, "run", "crontab", "every_seconds", "time_zone", "catch_up", "catch_up_most"),
    *("repetitions", "max_cost_usd", "gate", "percent", "most"),
)
_LABELS: Final = {
    "run": "Ask a live system as this run does",
    "every_seconds": "Or every so many seconds",
    "time_zone": "Time zone",
    "catch_up": "Missed while nothing ran",
    "catch_up_most": "At most so many",
    "max_cost_usd": "Cap in US dollars",
    "percent": "Per cent",
    "most": "At most",
}
_HELP: Final = {
    "run": "Each tick opens a run of its own. Blank: outputs that were recorded are sampled.",
    "target": "Whose live run it is, or whose recorded outputs are sampled.",
    "crontab": "Minute, hour, day of month, month, day of week: 30 6 * * 1-5.",
}
# The field that an error is about, by its code.
_ABOUT: Final = {
    "crontab_invalid": "crontab",
    "schedule_never_due": "crontab",
    "time_zone_unknown": "time_zone",
    "schedule_exists": "name",
    "gate_unknown": "gate",
    "gate_unfit": "gate",
    "selection_invalid": "selection",
}


class OnTheWall(NamedTuple):
    """A time as the schedule's zone tells it, and in UTC."""

    local: str
    utc: datetime


class ScheduleForm(forms.Form):
    """A new schedule, or one that is changed: `start`; its name, suite and target stay."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, start: Schedule | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.start = start
        self.label_suffix = ""
        self.fields.update(
            fields_for_model(Schedule, fields=_FIELDS, labels=_LABELS, help_texts=_HELP)
        )
        self.fields["options"] = JsonText(label="Options, as JSON", rows=3, required=False)
        self.fields["selection"] = JsonText(
            label="Selection, as JSON", rows=3, required=False,
            help_text='Which cases: {"tags": ["smoke"], "limit": 50}; blank: all.',
        )  # fmt: skip
        self._offer()
        if start is not None:
            self._fill(start)

    def wanted(self) -> Schedule:
        """Answer the schedule that the fields say, not kept yet."""
        made = copy(self.start) if self.start else Schedule()
        for name in (*_FIELDS, "options", "selection"):
            value = self.cleaned_data[name]
            setattr(made, name, {} if value is None and name in ("options", "selection") else value)
        made.kind = ScheduleKind.LIVE if made.run else ScheduleKind.RECORDED
        return made

    def digest(self) -> str:
        """Answer what was filled in, in short: what is saved is what was looked at."""
        text = json.dumps(self.cleaned_data, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def is_stale(self) -> bool:
        """Answer whether somebody else was quicker, and say so."""
        if self.start is None or self.cleaned_data["version"] == _version(self.start):
            return False
        self.add_error(None, "It was changed meanwhile. Open the form anew, and change that.")
        return True

    def show_error(self, error: EvalsiteError | VerdictError) -> None:
        """Show what was refused at the field that it is about."""
        hint = f" {error.hint[:1].upper()}{error.hint[1:]}." if error.hint else ""
        field = _ABOUT.get(error.code, "options" if _is_of_options(error) else None)
        self.add_error(field, f"{error.message} ({error.code}).{hint}")

    def _offer(self) -> None:
        fields: dict[str, Any] = dict(self.fields)
        live = fields["run"].queryset.filter(eval_mode=EvalMode.LIVE, connection__isnull=False)
        live = live.exclude(status=RunStatus.FAILED).filter(metadata__schedule__isnull=True)
        fields["run"].queryset = live.order_by("name")
        fields["run"].empty_label = "sample what was recorded"
        for name in ("suite", "target"):
            fields[name].queryset = fields[name].queryset.order_by("name")
        for name, known in (("time_zone", "zones"), ("gate", "gates")):
            fields[name].widget.attrs |= {"list": known, "autocomplete": "off"}

    def _fill(self, start: Schedule) -> None:
        every = (*_FIELDS, "options", "selection")
        self.initial = {name: getattr(start, name) for name in every}
        self.initial["version"] = _version(start)
        for name in _FIXED:
            self.fields[name].disabled = True


def on_the_wall(schedule: Schedule, times: Iterable[datetime]) -> list[OnTheWall]:
    """Answer times as the schedule's zone tells them."""
    zone = zone_of(schedule.time_zone)
    return [OnTheWall(f"{one.astimezone(zone):%a %Y-%m-%d %H:%M %Z}", one) for one in times]


def coming(schedule: Schedule) -> list[OnTheWall]:
    """Answer the next times of a schedule that is not kept yet."""
    times = next_times(schedule.rhythm, after=database_now(), n=SHOWN)
    return on_the_wall(schedule, times)


def names_of_gates() -> Iterable[str]:
    """Answer the gates to choose from."""
    return Gate.objects.order_by("name").values_list("name", flat=True)[:200]


def _version(schedule: Schedule) -> str:
    return schedule.changed_at.isoformat()


def _is_of_options(error: EvalsiteError | VerdictError) -> bool:
    return error.code.startswith(("option", "judge", "endpoint", "rubric", "jury", "model"))
