"""`manage.py setquota --max-cases N`: set what a tenant may have at most."""

from __future__ import annotations

from argparse import ArgumentTypeError
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import CommandParser

from evalsite.quotas.set_quota import LIMITS, QuotaInvalid, set_quota, shown
from evalsite.tenants.command import TenantCommand, whole_number

NO_LIMIT = "none"


class Command(TenantCommand):
    """Set a tenant's quota."""

    help = "Set what a tenant may have at most; what is not given stays, and none is no limit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--max-cases", type=_count, metavar="N", help="test cases")
        parser.add_argument(
            "--max-batches-in-flight", type=_count, metavar="N", help="batches running or paused"
        )
        parser.add_argument(
            "--month-usd", type=_dollars, metavar="USD", help="model money of a calendar month"
        )
        parser.add_argument(
            "--weight", type=_count, metavar="N", help="share of the workers; none is 1"
        )

    def work(self, **options: Any) -> None:
        """Set it and say so."""
        given = {name: options[name] for name in LIMITS if options[name] is not None}
        if not given:
            raise QuotaInvalid("no limit was given")
        limits = {name: None if limit == NO_LIMIT else limit for name, limit in given.items()}
        for name, limit in shown(set_quota(**limits)).items():
            self.stderr.write(f"{name}: {NO_LIMIT if limit is None else limit}")


def _count(text: str) -> int | str:
    if text in (NO_LIMIT, "0"):
        return NO_LIMIT if text == NO_LIMIT else 0
    return whole_number(text)


def _dollars(text: str) -> Decimal | str:
    if text == NO_LIMIT:
        return text
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r:.40} is no amount of US dollars") from None
