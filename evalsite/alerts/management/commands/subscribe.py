"""`manage.py subscribe EMAIL`: tell somebody, or a webhook, what goes wrong and right again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.alerts.models import AlertKind, Delivery
from evalsite.alerts.subscribe import subscribe, unsubscribe
from evalsite.cases.queries import find_suite
from evalsite.targets.queries import find_target
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Subscribe somebody, or change what they want."""

    help = "Tell an e-mail address or a webhook of regressions, recoveries, failures and budgets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("place", metavar="EMAIL|WEBHOOK", help="who is told")
        parser.add_argument("--suite", metavar="S", help="of this suite (default: of every suite)")
        parser.add_argument("--target", metavar="T", help="of its runs (default: of every target)")
        parser.add_argument(
            "--kind", action="append", choices=AlertKind.values, help="default: all; may repeat"
        )
        parser.add_argument("--digest", choices=("hourly", "daily", "none"), help="e-mail only")
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--mute", dest="is_muted", action="store_true", default=None)
        state.add_argument("--unmute", dest="is_muted", action="store_false")
        state.add_argument("--remove", action="store_true", help="end the subscription")

    def work(self, **options: Any) -> None:
        """Keep the subscription and say so."""
        place = options["place"]
        suite = find_suite(options["suite"]) if options["suite"] else None
        target = find_target(options["target"]) if options["target"] else None
        about: Any = {"suite": suite, "target": target}
        what = f"suite {suite.name}" if suite else "every suite"
        what += f", target {target.name}" if target else ""
        if options["remove"]:
            was = unsubscribe(place, **about, actor="subscribe")
            self.stderr.write(
                f"{place} {'is not told any more' if was else 'was not told'}: {what}"
            )
            return
        wishes: dict[str, Any] = {"kinds": options["kind"], "is_muted": options["is_muted"]}
        if options["digest"]:
            digest = options["digest"]
            wishes["delivery"] = Delivery.NOW if digest == "none" else Delivery(digest)
        given = {field: value for field, value in wishes.items() if value is not None}
        wish = subscribe(place, **about, wishes=given, actor="subscribe")
        muted = ", muted" if wish.is_muted else ""
        kinds = ", ".join(wish.kinds)
        self.stderr.write(f"{place} is told of {kinds} in {what}, {wish.delivery}{muted}")
