"""`manage.py testalert EMAIL`: see whether mail server, webhook and subscription work."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.alerts.deliver import deliver_due
from evalsite.alerts.models import AlertState
from evalsite.alerts.subscribe import SubscriptionInvalid, find_subscription
from evalsite.alerts.try_out import try_out
from evalsite.cases.queries import find_suite
from evalsite.errors import EvalsiteError
from evalsite.targets.queries import find_target
from evalsite.tenants.command import TenantCommand


class AlertNotSent(EvalsiteError):
    """The mail server or the webhook did not take the message."""

    code = "alert_not_sent"
    hint = "mend EMAIL_URL or the webhook; the message is tried again"


class Command(TenantCommand):
    """Send a test alert."""

    help = "Send a message that says nothing to a subscriber, and say whether it was taken."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("place", metavar="EMAIL|WEBHOOK", help="who has subscribed")
        parser.add_argument("--suite", metavar="S", help="to this suite (default: to every suite)")
        parser.add_argument("--target", metavar="T", help="to this target (default: to every one)")

    def work(self, **options: Any) -> None:
        """Write the message, send it, and look what became of it."""
        suite = find_suite(options["suite"]) if options["suite"] else None
        target = find_target(options["target"]) if options["target"] else None
        wish = find_subscription(options["place"], suite=suite, target=target)
        if wish is None:
            raise SubscriptionInvalid(f"{options['place']} has not subscribed to that")
        alert = try_out(wish, actor="testalert")
        deliver_due()
        alert.refresh_from_db()
        if alert.state != AlertState.SENT:
            raise AlertNotSent(alert.error or "other alerts that were due failed before it")
        self.stderr.write(f"{alert.recipient} has taken it")
