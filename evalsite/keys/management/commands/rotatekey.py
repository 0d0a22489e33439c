"""`manage.py rotatekey ID`: a new key in place of an old one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.keys.queries import find_key
from evalsite.keys.rotate import MOST_HOURS, rotate_key
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Rotate a key."""

    help = "Issue a key in place of another, which lives for some hours more."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("public_id", help="the 12 characters after evs_, as listkeys shows")
        parser.add_argument(
            "--overlap-hours", type=float, default=float(MOST_HOURS), metavar="H", help="0 to 24"
        )

    def work(self, **options: Any) -> None:
        """Print the new key on stdout, and when the old one ends on stderr."""
        old = find_key(options["public_id"])
        key, token = rotate_key(old, overlap_hours=options["overlap_hours"])
        old.refresh_from_db()
        self.stdout.write(token.get_secret_value())
        self.stderr.write(
            f"key {key} is issued and is not shown again; "
            f"{old.public_id} ends at {old.expires_at:%Y-%m-%d %H:%M} UTC"
        )
