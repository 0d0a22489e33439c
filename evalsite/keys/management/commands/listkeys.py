"""`manage.py listkeys`: which programs have a key."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.keys.queries import facts_of, keys
from evalsite.tenants.command import TenantCommand
from evalsite.terminal import add_row, page, table


class Command(TenantCommand):
    """List the keys."""

    help = "List the tenant's API keys, the newest first; what they open with is not kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def work(self, **options: Any) -> None:
        """Write a line for each key."""
        found = [facts_of(key) for key in keys()]
        if options["json"]:
            for facts in found:
                self.stdout.write(json.dumps(facts))
            return
        shown = table("id", "name", "state", "role", "scopes", "expires", "last used")
        for facts in found:
            used = (facts["last_used_at"] or "never")[:16]
            names = (facts[name] for name in ("public_id", "name", "state", "role"))
            add_row(shown, *names, " ".join(facts["scopes"]), facts["expires_at"][:10], used)
        self.stdout.write(page([shown], colour=self.stdout.isatty()))
