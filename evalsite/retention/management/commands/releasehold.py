"""`manage.py releasehold ID`: end a legal hold."""

from __future__ import annotations

import getpass
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from evalsite.retention.hold import release
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Release a legal hold."""

    help = "End a legal hold: what it held is purged as the policy says, with the next round."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("hold", type=UUID, help="its id, as showretention tells it")

    def work(self, **options: Any) -> None:
        """Run the command."""
        release(options["hold"], actor=getpass.getuser())
        self.stderr.write(f"released {options['hold']}", style_func=str)
