"""`manage.py listmembers`: who belongs to the tenant, and who is invited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from evalsite.people.queries import members, open_invitations
from evalsite.tenants.command import TenantCommand
from evalsite.terminal import add_row, page, table


class Command(TenantCommand):
    """List the members."""

    help = "List the tenant's members by name, then the open invitations."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Write a line for each member and each invitation."""
        if options["json"]:
            for line in _lines():
                self.stdout.write(json.dumps(line))
            return
        shown = table("person", "role", "state", "since")
        for line in _lines():
            add_row(shown, line["person"], line["role"], line["state"], line["since"][:10])
        self.stdout.write(page([shown], colour=self.stdout.isatty()))


def _lines() -> Iterator[dict[str, str]]:
    for member in members():
        state = "member" if member.user.is_active else "inactive"
        since = member.created_at.isoformat()
        yield {"person": str(member.user), "role": member.role, "state": state, "since": since}
    for guest in open_invitations():
        since = guest.created_at.isoformat()
        yield {"person": guest.email, "role": guest.role, "state": "invited", "since": since}
