"""What the commands that move files have in common: the file, and who hears what."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from django.core.management.base import CommandError, CommandParser

from evalsite.errors import EvalsiteError
from evalsite.exchange.lines import BadLine
from evalsite.exchange.open_file import FileRefused
from evalsite.tenants.command import TenantCommand
from judges.protocol import VerdictError

_SHOWN = 100


class FileCommand(TenantCommand):
    """People read stderr; with --json, programs read one JSON object a line on stdout."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --tenant and --json."""
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="JSON lines on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; a program that reads along hears of the failure too."""
        self.as_json: bool = options["json"]
        self.bad_shown = 0
        try:
            super().handle(*args, **options)
        except CommandError as error:
            cause = error.__cause__
            if isinstance(cause, EvalsiteError | VerdictError):
                self.tell(
                    "", event="refused", code=cause.code, message=cause.message, hint=cause.hint
                )
            raise

    def tell(self, text: str, **event: Any) -> None:
        """Say something to people or, with --json, the event to programs."""
        if self.as_json:
            self.stdout.write(orjson.dumps(event).decode())
        elif text:
            shown = text if text.isprintable() else text.encode("unicode_escape").decode()
            self.stderr.write(shown, style_func=str)

    def tell_bad(self, bad: BadLine) -> None:
        """Say which line is bad; people hear of the first hundred."""
        self.bad_shown += 1
        if self.bad_shown == _SHOWN + 1:
            self.tell("... and more", event="bad_line", **bad._asdict())
        else:
            self.tell(
                str(bad) if self.bad_shown <= _SHOWN else "", event="bad_line", **bad._asdict()
            )


def add_file_arguments(parser: CommandParser) -> None:
    """Declare the file to read, the suite that it is about, and what to do about bad lines."""
    add_reading_arguments(parser)
    parser.add_argument("--suite", required=True, help="the suite's name")


def add_reading_arguments(parser: CommandParser) -> None:
    """Declare the file to read and what to do about its bad lines."""
    parser.add_argument("file", help="JSONL or CSV by its name, may be .gz; - is stdin (JSONL)")
    parser.add_argument(
        "--skip-bad", action="store_true", help="keep the good lines (default: all or nothing)"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would change, keep nothing"
    )


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file or stdin for reading; raises FileRefused `file_not_found`."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 (closed below; only opening may fail here)
    except OSError as error:
        refused = FileRefused(
            f"{name}: {error.strerror}", code="file_not_found", hint="check the path and its rights"
        )
        refused.exit_code = 2
        raise refused from None
    with file:
        yield file
