"""Owe the delivery of alerts: written with the change that they are about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ParamSpec

from evalsite.alerts.models import Alert
from evalsite.audit.record import record_hourly
from evalsite.pipeline import outbox
from evalsite.pipeline.try_twice import kind_of, try_twice
from judges.guard import Crash

P = ParamSpec("P")

_TASK = "pipeline.deliver_alerts"


def tell(notice: Callable[P, list[Alert]], *args: P.args, **kwargs: P.kwargs) -> int:
    """Write and owe what a notice has to say; answers how many alerts that were.

    A notice that breaks is audited, once an hour, and undoes nothing of what it was to tell of.
    """
    told = try_twice(notice, *args, **kwargs)
    if isinstance(told, Crash):
        record_hourly("alerts.failed", getattr(notice, "__name__", notice), raised=kind_of(told))
        return 0
    return _owe(told)


def _owe(alerts: Sequence[Alert]) -> int:
    """Let a worker deliver these once the transaction is committed."""
    if alerts:
        outbox.add(_TASK, key=f"deliver:{alerts[0].pk}")
    return len(alerts)


def ring() -> int:
    """Wake a worker if something is due; a webhook that hangs must not hold up who sweeps."""
    from evalsite.alerts.deliver import is_due

    if not is_due():
        return 0
    outbox.add(_TASK, key="deliver")
    return 1
