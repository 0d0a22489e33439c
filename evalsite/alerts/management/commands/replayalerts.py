"""`manage.py replayalerts`: send again what was given up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from evalsite.alerts.deliver import deliver_due
from evalsite.alerts.models import Alert, AlertState
from evalsite.alerts.replay import replay
from evalsite.alerts.subscribe import find_webhook
from evalsite.errors import UsageError
from evalsite.tenants.command import TenantCommand


class AlertUnknown(UsageError):
    """The text is no id of an alert."""

    code = "alert_unknown"
    hint = "the admin's list of alerts has the ids"


class Command(TenantCommand):
    """Send alerts again."""

    help = "Send failed alerts again, or those named, sent ones too; each under the id it had."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("alerts", nargs="*", metavar="ALERT", help="ids; default: all failed")
        parser.add_argument("--webhook", metavar="NAME", help="only what it was owed")

    def work(self, **options: Any) -> None:
        """Let them be sent, and send what is due."""
        alerts = Alert.objects.all()
        if options["webhook"]:
            alerts = alerts.filter(subscription__webhook=find_webhook(options["webhook"]))
        if options["alerts"]:
            alerts = alerts.filter(pk__in=[_id(text) for text in options["alerts"]])
        else:
            alerts = alerts.filter(state=AlertState.FAILED)
        again = replay(alerts, actor="replayalerts")
        self.stderr.write(f"{again} to be sent again, {deliver_due()} sent")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise AlertUnknown(f"{text!r} is no id") from None
