"""`manage.py exportcases --suite S`: write a suite's cases out."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from evalsite.cases.queries import find_suite, require_version
from evalsite.exchange.case_files import form_of
from evalsite.exchange.write_cases import export_cases
from evalsite.tenants.command import TenantCommand


class Command(TenantCommand):
    """Export the cases of one version of a suite, in every state."""

    help = "Export a suite's cases. JSONL imports back as it was; CSV is for reading."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument("--suite", required=True, help="the suite's name")
        parser.add_argument("--output", type=Path, help="default: stdout; .gz packs it")
        parser.add_argument("--at", "--suite-version", type=int, metavar="N", help="which version")
        parser.add_argument("--format", choices=("jsonl", "csv"), help="default: by the file name")

    def work(self, **options: Any) -> None:
        """Write the cases."""
        suite, version, output = find_suite(options["suite"]), options["at"], options["output"]
        require_version(suite, version)
        form = options["format"] or form_of(output.name if output else "")
        lines = export_cases(suite, version=version, form=form)
        if output:
            _write(output, lines)
            self.stderr.write(f"written to {output}", style_func=str)
            return
        try:
            for line in lines:
                self.stdout.write(line)
        except BrokenPipeError:
            # The reader, such as head, has enough; Python must not flush into the pipe at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(path: Path, lines: Iterator[str]) -> None:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in lines)
