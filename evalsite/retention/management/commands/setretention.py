"""`manage.py setretention --outputs 90 --scorecards never`: say how long a tenant keeps what."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from evalsite.errors import UsageError
from evalsite.retention.models import Kind
from evalsite.retention.set_policy import set_policy
from evalsite.tenants.command import TenantCommand, whole_number

_FOR_GOOD = 0


class Command(TenantCommand):
    """Set the policy."""

    help = "Say for how many days a tenant keeps what; kinds that are not named stay as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        for kind in Kind.values:
            name = kind.replace("_", "-")
            parser.add_argument(f"--{name}", dest=kind, type=_days, metavar="DAYS|never")

    def work(self, **options: Any) -> None:
        """Run the command."""
        given = {kind: options[kind] for kind in Kind.values if options[kind] is not None}
        if not given:
            raise UsageError("name at least one kind, such as --outputs 90")
        policy = set_policy({kind: days or None for kind, days in given.items()})
        self.stdout.write(str(policy))


def _days(text: str) -> int:
    if text == "never":
        return _FOR_GOOD
    try:
        return whole_number(text)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(f"{error}, nor `never`") from None
