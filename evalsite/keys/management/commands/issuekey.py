"""`manage.py issuekey NAME --role R --scope S`: give a program a key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.keys.issue import DEFAULT_DAYS, issue_key
from evalsite.tenants.command import TenantCommand, whole_number
from evalsite.tenants.models import Role


class Command(TenantCommand):
    """Issue a key."""

    help = "Issue an API key. It is printed on stdout, once; nobody can show it again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("name", help="what the key is for, such as 'nightly CI'")
        parser.add_argument("--role", choices=Role.values, required=True)
        parser.add_argument(
            *("--scope", "-s"),
            action="append",
            required=True,
            metavar="ROOM:ACCESS",
            help="such as cases:read or *:write; can be repeated",
        )
        parser.add_argument("--days", type=whole_number, default=DEFAULT_DAYS, metavar="N")

    def work(self, **options: Any) -> None:
        """Print the key on stdout, and what it may on stderr."""
        key, token = issue_key(
            name=options["name"],
            role=options["role"],
            scopes=options["scope"],
            days=options["days"],
        )
        self.stdout.write(token.get_secret_value())
        self.stderr.write(
            f"key {key} is issued: {key.role}, {', '.join(key.scopes)}, "
            f"until {key.expires_at:%Y-%m-%d}. It is not shown again."
        )
