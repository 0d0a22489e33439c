"""`manage.py openrun --run R --target T --live FILE.json`: open a run, live or recorded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import CommandParser

from evalsite.cases.strict_json import parse
from evalsite.errors import UsageError
from evalsite.targets.complete import complete_run
from evalsite.targets.open import open_run
from evalsite.tenants.command import TenantCommand


class ConnectionUnreadable(UsageError):
    """The file of --live cannot be read."""

    code = "connection_unreadable"
    hint = "name a JSON file, or - for stdin"


class Command(TenantCommand):
    """Open a run."""

    help = (
        "Open a run of a target. With --live, a JSON file says how the target is asked; runbatch "
        "then asks it for each case, and records what it answers."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--run", required=True, help="the run's name")
        parser.add_argument("--target", help="the system under test (default: the run's name)")
        parser.add_argument("--live", metavar="FILE", help="how it is asked; - is stdin")
        parser.add_argument("--client-type", help="web, mobile, agent ...")
        parser.add_argument("--client-version")
        parser.add_argument("--commit", help="the target's source, as git names it")
        parser.add_argument("--complete", action="store_true", help="it takes no more answers")
        parser.add_argument("--json", action="store_true", help="a JSON object on stdout")

    def work(self, **options: Any) -> None:
        """Open the run and say so."""
        run = open_run(
            name=options["run"],
            target=options["target"],
            client_type=options["client_type"],
            client_version=options["client_version"],
            commit=options["commit"],
            connection=_read(options["live"]) if options["live"] else None,
            actor="openrun",
        )
        if options["complete"]:
            complete_run(run, actor="openrun")
        if options["json"]:
            event = {"event": "opened", "run": run.name, "target": run.target.name}
            event |= {"mode": run.eval_mode, "status": run.status, "id": str(run.pk)}
            self.stdout.write(orjson.dumps(event).decode())
        else:
            self.stderr.write(
                f"run {run.name} of {run.target.name} is {run.status}, {run.eval_mode}"
            )


def _read(name: str) -> Any:
    if name == "-":
        return parse(sys.stdin.buffer.read())
    try:
        return parse(Path(name).read_bytes())
    except OSError as error:
        raise ConnectionUnreadable(f"{name}: {error.strerror}") from None
