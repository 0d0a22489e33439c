"""`manage.py verifyaudit`: is the audit trail what was recorded?"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser

from evalsite.audit.moment import moment
from evalsite.audit.verify import Head, verify_trail
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Verify a tenant's chain of audit entries."""

    help = "Compute the audit trail's chain anew, and name the first row that is not as recorded."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--since", type=moment, metavar="TIME", help="from this entry on")
        parser.add_argument("--head", metavar="SEQ:HASH", help="what verifyaudit printed before")
        parser.add_argument("--json", action="store_true", help="a JSON line on stdout")

    def work(self, **options: Any) -> None:
        """Run the command."""
        kept = Head.read(options["head"]) if options["head"] else None
        done = verify_trail(since=options["since"], kept=kept)
        if options["json"]:
            self.stdout.write(json.dumps({"entries": done.entries, "head": str(done.head)}))
            return
        self.stdout.write(f"{done.entries:,} entries are as recorded")
        self.stdout.write(f"head {done.head}")
