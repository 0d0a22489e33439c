"""`manage.py services start | stop | status`: the embedded PostgreSQL and Valkey."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalsite.embedded import broker, postgres, supervisor
from evalsite.embedded.children import reap_leftovers
from evalsite.errors import EvalsiteError


class Command(BaseCommand):
    """Start, stop or show the embedded servers."""

    help = (
        "Start, stop or show the embedded PostgreSQL and Valkey. What DATABASE_URL or BROKER_URL "
        "points to is not touched. Exit code 0, or 1 when something does not run."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("action", choices=("start", "stop", "status"))
        parser.add_argument("--json", action="store_true", help="one JSON line per server")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command."""
        self.stderr.style_func = None  # what a person reads goes there, and is no error
        names = _embedded()
        if not names:
            self._say("nothing is embedded: DATABASE_URL and BROKER_URL are both set")
            return
        try:
            getattr(self, f"_{options['action']}")(names)
        except EvalsiteError as error:
            raise CommandError(str(error), returncode=error.exit_code) from error
        stopped = self._show(names, as_json=options["json"])
        if stopped and options["action"] != "stop":
            raise CommandError(f"not running: {', '.join(stopped)}", returncode=1)

    def _start(self, names: list[str]) -> None:
        reap_leftovers(settings.LAYOUT)
        supervisor.ensure_started(settings.LAYOUT, database=settings.ENV.database_name, names=names)
        if postgres.NAME in names:
            call_command("migrate", database="owner", interactive=False, stdout=self.stderr)

    def _stop(self, names: list[str]) -> None:
        reap_leftovers(settings.LAYOUT)
        supervisor.stop(settings.LAYOUT, names=names)

    def _status(self, names: list[str]) -> None:
        """Nothing to do before the servers are shown."""

    def _show(self, names: list[str], *, as_json: bool) -> list[str]:
        """Report on each server; give the names of those that do not run."""
        found = [status for status in supervisor.status(settings.LAYOUT) if status.name in names]
        for status in found:
            since = status.since.isoformat(timespec="seconds") if status.since else None
            if as_json:
                line = {"name": status.name, "state": status.state, "pid": status.pid}
                self.stdout.write(json.dumps({**line, "since": since}))
            else:
                detail = f"pid {status.pid}, since {since}" if since else ""
                self._say(f"{status.name:<12} {status.state:<14} {detail}".rstrip())
        return [status.name for status in found if status.state != "running"]

    def _say(self, line: str) -> None:
        self.stderr.write(line)


def _embedded() -> list[str]:
    """Name the servers that no URL replaces."""
    replaced = {
        postgres.NAME: settings.ENV.database_url is not None,
        broker.NAME: settings.ENV.broker_url is not None,
    }
    return [name for name, elsewhere in replaced.items() if not elsewhere]
