"""`manage.py setrole PERSON ROLE`: give a member another role."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.people.change_role import change_role
from evalsite.people.queries import find_member
from evalsite.tenants.command import TenantCommand
from evalsite.tenants.models import Role


class Command(TenantCommand):
    """Change a member's role."""

    help = "Give a member of the tenant another role. The last owner stays one."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("person", help="user name or e-mail address")
        parser.add_argument("role", choices=Role.values)

    def work(self, **options: Any) -> None:
        """Change it and say so."""
        member = change_role(find_member(options["person"]), role=options["role"])
        self.stderr.write(f"{member.user} is {member.role}")
