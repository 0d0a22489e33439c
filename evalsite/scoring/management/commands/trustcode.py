"""`manage.py trustcode`: let a tenant's code be run without a sandbox."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.env import load
from evalsite.scoring.trust import set_trust
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Trust the code that a tenant evaluates, or no longer."""

    help = "Let the code that a tenant evaluates be run without a sandbox."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--off", action="store_true", help="back into the sandbox")

    def work(self, **options: Any) -> None:
        """Set the flag, and say whether the deployment honours it."""
        set_trust(trusts=not options["off"], actor="trustcode")
        if not options["off"] and not load().sandbox_trusted:
            self.stderr.write("SANDBOX_TRUSTED is off here, so the code stays in the sandbox.")
