"""Owe the delivery of alerts: written with the change that they are about."""

from __future__ import annotations

from collections.abc import Sequence

from evalsite.alerts.deliver import is_due
from evalsite.alerts.models import Alert
from evalsite.pipeline import outbox

_TASK = "pipeline.deliver_alerts"


def owe(alerts: Sequence[Alert]) -> int:
    """Let a worker deliver these once the transaction is committed; answers how many there are."""
    if alerts:
        outbox.add(_TASK, key=f"deliver:{alerts[0].pk}")
    return len(alerts)


def ring() -> int:
    """Wake a worker if something is due; a webhook that hangs must not hold up who sweeps."""
    if not is_due():
        return 0
    outbox.add(_TASK, key="deliver")
    return 1
