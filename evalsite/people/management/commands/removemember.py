"""`manage.py removemember PERSON`: take a member out of the tenant."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.people.queries import find_member
from evalsite.people.remove_member import remove_member
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Remove a member."""

    help = "Take a member out of the tenant; the account stays. The last owner cannot be removed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("person", help="user name or e-mail address")

    def work(self, **options: Any) -> None:
        """Remove the member and say so."""
        member = find_member(options["person"])
        remove_member(member)
        self.stderr.write(f"{member.user} is no member any more")
