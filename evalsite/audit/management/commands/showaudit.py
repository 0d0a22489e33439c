"""`manage.py showaudit`: what was done, by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from django.core.management.base import CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from evalsite.audit.models import Entry
from evalsite.audit.moment import moment
from evalsite.audit.queries import Cursor, Wanted, read_trail
from evalsite.tenants.acting import ActorKind
from evalsite.tenants.command import TenantCommand, whole_number
from evalsite.terminal import add_row, page, table

_ASKED: Final = {
    "actor": "a person's name, a key's, or a command's",
    "action": "such as case.changed",
    "subject": "what it was done to, as the trail names it",
    "subject-id": "its id",
    "request-id": "what was done in one request",
}
_LIMIT: Final = 50
_TOLD: Final = (
    *("id", "recorded_at", "actor_kind", "actor", "role", "request_id", "action"),
    *("subject", "subject_id", "before", "after", "details"),
)


class Command(TenantCommand):
    """Show the newest entries that fit."""

    help = "Show the audit trail, newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        for name, help_text in _ASKED.items():
            parser.add_argument(f"--{name}", metavar="TEXT", help=help_text)
        parser.add_argument("--kind", choices=[kind.value for kind in ActorKind])
        parser.add_argument("--since", type=moment, metavar="TIME", help="not older than this")
        parser.add_argument("--until", type=moment, metavar="TIME", help="older than this")
        parser.add_argument("--limit", type=whole_number, default=_LIMIT, metavar="N")
        parser.add_argument("--after", metavar="CURSOR", help="the next page")
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout, with sides")

    def work(self, **options: Any) -> None:
        """Run the command."""
        asked = (*(name.replace("-", "_") for name in _ASKED), "kind", "since", "until")
        wanted = Wanted(**{name: options[name] for name in asked})
        after = Cursor.read(options["after"]) if options["after"] else None
        found = read_trail(wanted, limit=options["limit"], after=after)
        if options["json"]:
            for line in map(_json, found.entries):
                self.stdout.write(line)
        else:
            self.stdout.write(page(_tables(found.entries), colour=self.stdout.isatty()))
        if found.next:
            self.stderr.write(f"there are more: --after {found.next}", style_func=str)


def _json(entry: Entry) -> str:
    return json.dumps({name: getattr(entry, name) for name in _TOLD}, cls=DjangoJSONEncoder)


def _tables(entries: list[Entry]) -> Iterator[Any]:
    shown = table("when", "who", "role", "action", "subject")
    for entry in entries:
        when = entry.recorded_at.strftime("%Y-%m-%d %H:%M:%S")
        add_row(shown, when, entry.actor, entry.role, entry.action, entry.subject)
    yield shown if entries else "nothing fits"
