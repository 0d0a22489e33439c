"""`manage.py revokekey ID`: end a key at once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.keys.queries import find_key
from evalsite.keys.revoke import revoke_key
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Revoke a key."""

    help = "Revoke an API key: the next request with it is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("public_id", help="the 12 characters after evs_, as listkeys shows")

    def work(self, **options: Any) -> None:
        """Revoke it and say so."""
        key = find_key(options["public_id"])
        revoke_key(key)
        self.stderr.write(f"key {key} is revoked")
