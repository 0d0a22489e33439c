"""`manage.py doctor`: is everything well, and if not, what mends it?"""

from __future__ import annotations

import json
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from evalsite.doctor.examine import examine
from evalsite.doctor.finding import Level
from evalsite.doctor.show import as_json, as_text, worst

WARNED: Final = 1
FAILED: Final = 3


class Command(BaseCommand):
    """Look at everything, change nothing."""

    help = (
        "Look at database, roles, wall, broker, workers, coordinator, work, machine, secrets, mail "
        "and Flower, and say what mends each fault. Changes nothing. Exit code 0, or 3 with an "
        "error; with --strict 1 with a warning."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help="one JSON object per finding")
        parser.add_argument("--strict", action="store_true", help="exit 1 where anything warns")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        found = []
        for told in examine():
            found.append(told)
            if options["json"]:
                self.stdout.write(json.dumps(as_json(told)))
        if not options["json"]:
            self.stdout.write(as_text(found, colour=self.stdout.isatty()))
        level = worst(found)
        if level == Level.ERROR:
            raise SystemExit(FAILED)
        if options["strict"] and level != Level.OK:
            raise SystemExit(WARNED)
