"""`manage.py importoutputs FILE --run R --suite S`: bring recorded outputs in."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from typing import Any

from django.core.management.base import CommandParser

from evalsite.cases.queries import find_suite
from evalsite.exchange.file_command import FileCommand, add_file_arguments, opened
from evalsite.exchange.formats.registry import names
from evalsite.exchange.output_files import Received, import_output_file
from evalsite.exchange.trial import trial
from evalsite.targets.complete import complete_run
from evalsite.targets.open import open_run


class Command(FileCommand):
    """Record the outputs of one run."""

    help = (
        "Record what a system under test answered, from JSONL or a published format, plain or "
        "gzip. The run is made on first sight. "
        "Exit codes: 0 recorded, 1 refused, 2 usage, 5 nothing in the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        add_file_arguments(parser)
        parser.add_argument("--format", choices=names("outputs"), default="jsonl")
        parser.add_argument("--run", required=True, help="the run's name")
        parser.add_argument("--target", help="the system under test (default: the run's name)")
        parser.add_argument("--client-type", help="web, mobile, agent ...")
        parser.add_argument("--client-version")
        parser.add_argument("--commit", help="the target's source, as git names it")
        parser.add_argument(
            "--complete",
            action=BooleanOptionalAction,
            default=True,
            help="mark the run completed at the end",
        )

    def work(self, **options: Any) -> None:
        """Record the file and say what changed."""
        dry_run = options["dry_run"]
        with opened(options["file"]) as file, trial(dry_run=dry_run):
            suite = find_suite(options["suite"])
            run = open_run(
                name=options["run"],
                target=options["target"],
                client_type=options["client_type"],
                client_version=options["client_version"],
                commit=options["commit"],
                actor="importoutputs",
            )
            done = import_output_file(
                file,
                run=run,
                suite=suite,
                form=options["format"],
                skip_bad=options["skip_bad"],
                actor="importoutputs",
                on_bad=self.tell_bad,
            )
            if options["complete"]:
                complete_run(run, actor="importoutputs")
        self._tell_done(done, run=run.name, status=run.status, dry_run=dry_run)

    def _tell_done(self, done: Received, *, run: str, status: str, dry_run: bool) -> None:
        counts = {name: getattr(done.outputs, name) for name in ("new", "changed", "unchanged")}
        counts["bad"] = done.bad
        summary = ", ".join(f"{count} {name}" for name, count in counts.items())
        kept = " (dry run, nothing kept)" if dry_run else ""
        self.tell(
            f"{summary}; run {run} is {status}{kept}",
            event="recorded",
            run=run,
            status=status,
            dry_run=dry_run,
            codes=done.codes,
            **counts,
        )
