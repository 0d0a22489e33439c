"""`manage.py showquota`: what a tenant has, and what it may have."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.quotas.usage import Usage, usage
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Show a tenant's usage beside its quota."""

    help = "Show what a tenant has, and what it may have at most."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def work(self, **options: Any) -> None:
        """Show it."""
        found = usage()
        if options["json"]:
            self.stdout.write(json.dumps(found._asdict(), default=_plain))
            return
        for line in _lines(found):
            self.stderr.write(line)


def _lines(found: Usage) -> list[str]:
    spent, booked = found.month_spent_usd, found.month_booked_usd
    possibly = f" and ${booked:.2f} possibly" if booked else ""
    month = None if found.month_usd is None else f"${found.month_usd:.2f}"
    return [
        f"cases: {found.cases:,} of {_limit(found.max_cases)}",
        f"batches in flight: {found.batches_in_flight:,} of {_limit(found.max_batches_in_flight)}",
        f"models in {found.month:%Y-%m}: ${spent:.2f}{possibly} of {month or 'any amount'}",
        f"outputs: {found.outputs:,}",
        f"scorecards: {found.scorecards:,}",
        f"weight: {found.weight}",
    ]


def _limit(limit: int | None) -> str:
    return "any number" if limit is None else f"{limit:,}"


def _plain(value: Any) -> Any:
    """Answer money as a number, a month by its first day."""
    return value.isoformat() if hasattr(value, "isoformat") else float(value)
