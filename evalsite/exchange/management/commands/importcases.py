"""`manage.py importcases FILE --suite S`: bring test cases in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from evalsite.exchange.case_files import Imported, form_of, import_case_file, open_suite
from evalsite.exchange.file_command import FileCommand, add_file_arguments, opened
from evalsite.exchange.trial import trial


class Command(FileCommand):
    """Import a file of cases into a suite as one new version."""

    help = (
        "Import test cases from JSONL or CSV, plain or gzip. All or nothing, unless --skip-bad. "
        "Exit codes: 0 imported, 1 refused, 2 usage, 5 nothing in the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        add_file_arguments(parser)
        parser.add_argument("--pack", help="make the suite with this pack if it is not there")
        parser.add_argument("--note", default="", help="why, for the cases' history")

    def work(self, **options: Any) -> None:
        """Import the file and say what changed."""
        dry_run = options["dry_run"]
        with opened(options["file"]) as file, trial(dry_run=dry_run):
            suite = open_suite(options["suite"], pack=options["pack"], actor="importcases")
            done = import_case_file(
                file,
                suite=suite,
                form=form_of(options["file"]),
                skip_bad=options["skip_bad"],
                actor="importcases",
                note=options["note"],
                on_bad=self.tell_bad,
            )
        self._tell_done(done, suite=suite.name, dry_run=dry_run)

    def _tell_done(self, done: Imported, *, suite: str, dry_run: bool) -> None:
        counts = {name: getattr(done.cases, name) for name in ("new", "changed", "unchanged")}
        counts["bad"] = done.bad
        summary = ", ".join(f"{count} {name}" for name, count in counts.items())
        verb = "dry run, nothing kept; would be" if dry_run else "now"
        self.tell(
            f"{summary}; suite {suite} {verb} at version {done.cases.version}",
            event="imported",
            suite=suite,
            version=done.cases.version,
            dry_run=dry_run,
            codes=done.codes,
            **counts,
        )
