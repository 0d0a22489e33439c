"""`manage.py erasetenant SLUG --confirm SLUG`: erase all that there is of a tenant."""

from __future__ import annotations

import getpass
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.forms import model_to_dict

from evalsite.errors import EvalsiteError
from evalsite.retention.erase import erase


class Command(BaseCommand):
    """Erase a tenant."""

    help = (
        "Erase all rows, objects and traces of a tenant, and check that nothing is left. It cannot "
        "be taken back. Refuses while a legal hold stands or a batch runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("slug", help="the tenant's short name")
        parser.add_argument("--confirm", required=True, metavar="SLUG", help="the same again")
        parser.add_argument("--json", action="store_true", help="the receipt as JSON on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        try:
            done = erase(options["slug"], confirm=options["confirm"], actor=getpass.getuser())
        except EvalsiteError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        if options["json"]:
            times = {"started_at": done.started_at, "finished_at": done.finished_at}
            self.stdout.write(json.dumps({**model_to_dict(done), **times}, default=str))
            return
        for place, n in done.counts.items():
            self.stderr.write(f"{n:>12,} {place}", style_func=str)
        self.stderr.write(f"tenant {done.tenant} is erased; nothing is left", style_func=str)
