"""`manage.py invitemember EMAIL --role R`: invite somebody by mail."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.people.invite import VALID_DAYS, invite
from evalsite.tenants.command import TenantCommand
from evalsite.tenants.models import Role


class Command(TenantCommand):
    """Invite somebody."""

    help = f"Mail a link with which its reader joins the tenant, once, within {VALID_DAYS} days."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER.value)

    def work(self, **options: Any) -> None:
        """Send it and say so."""
        invitation = invite(email=options["email"], role=options["role"])
        self.stderr.write(f"{invitation.email} is invited as {invitation.role}")
