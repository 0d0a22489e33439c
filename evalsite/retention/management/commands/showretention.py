"""`manage.py showretention`: how long what is kept, what is held, and what was purged."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser

from evalsite.retention.models import Hold, Kind, Policy, Receipt
from evalsite.tenants.command import TenantCommand

_RECEIPTS = 20
_SHOWN = ("kind", "n", "n_bytes", "digest", "cutoff", "started_at", "finished_at")


class Command(TenantCommand):
    """Show policy, holds and receipts."""

    help = "Show a tenant's policy, its legal holds, and the newest receipts of what was purged."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="JSON on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        policy = Policy.objects.first()
        days = policy.days() if policy else dict.fromkeys(Kind.values)
        holds = list(Hold.objects.select_related("suite", "batch", "run").order_by("placed_at"))
        receipts = list(Receipt.objects.order_by("-finished_at")[:_RECEIPTS])
        if options["json"]:
            told = {"days": days, "holds": [_told(hold) for hold in holds]}
            rows = [{name: getattr(one, name) for name in _SHOWN} for one in receipts]
            self.stdout.write(json.dumps({**told, "receipts": rows}, default=_plain))
            return
        for kind, n in days.items():
            self.stdout.write(f"{kind:12} {f'{n} days' if n else 'kept for good'}")
        for hold in holds:
            self.stdout.write(f"held: {hold.scope()}, for {hold.reason} (hold {hold.pk})")
        for one in receipts:
            self.stdout.write(f"{one.finished_at:%Y-%m-%d %H:%M} purged {one}")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _told(hold: Hold) -> dict[str, Any]:
    names = ("reason", "placed_by", "placed_at")
    return {"id": hold.pk, "of": hold.scope(), **{name: getattr(hold, name) for name in names}}
