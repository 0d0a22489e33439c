"""Rows of schedules, for the tenant in scope."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import uuid4

from django.utils import timezone

from evalsite.schedules.models import Sampled, Schedule, Tick

_numbers = count(1)


def make_schedule(**fields: Any) -> Schedule:
    """A sample of a target's outputs, each hour; not due yet."""
    from tests.factories import make_suite, make_target

    fields["suite"] = fields.get("suite") or make_suite()
    fields["target"] = fields.get("target") or make_target()
    rhythm = {} if "crontab" in fields else {"every_seconds": 3600}
    kind = "live" if fields.get("run") else "recorded"
    given = {"name": f"schedule-{next(_numbers)}", "kind": kind, **rhythm}
    return Schedule.objects.create(**{**given, "read_until": timezone.now(), **fields})


def make_tick(**fields: Any) -> Tick:
    """A tick that found nothing new, or started the batch that is given."""
    fields["schedule"] = fields.get("schedule") or make_schedule()
    state = "started" if fields.get("batch") else "empty"
    return Tick.objects.create(**{"due_at": timezone.now(), "state": state, **fields})


def make_sampled(**fields: Any) -> Sampled:
    """An output that a tick has drawn."""
    tick = fields["tick"] = fields.get("tick") or make_tick()
    return Sampled.objects.create(**{"schedule": tick.schedule, "copied_from": uuid4(), **fields})
