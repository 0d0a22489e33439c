"""`manage.py recordresults FILE --experiment E`: bring results of other programs in."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import CommandParser

from evalsite.exchange.case_files import form_of
from evalsite.exchange.file_command import FileCommand, add_reading_arguments, opened
from evalsite.exchange.result_files import Received, import_result_file
from evalsite.exchange.trial import trial
from evalsite.experiments.choices import Group
from evalsite.experiments.queries import find_experiment


class Command(FileCommand):
    """Record the results of an experiment."""

    help = (
        "Record results in an experiment, from JSONL or CSV, plain or gzip; a result that is there "
        "is replaced. Exit codes: 0 recorded, 1 refused, 2 usage, 5 nothing in the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        add_reading_arguments(parser)
        parser.add_argument("--experiment", required=True, metavar="E")
        absent = "for lines that do not say"
        parser.add_argument("--group", choices=Group.values, help=absent)
        parser.add_argument("--client-version", metavar="V", help=absent)

    def work(self, **options: Any) -> None:
        """Record the file and say what changed."""
        given = {"group": options["group"], "version": options["client_version"]}
        with opened(options["file"]) as file, trial(dry_run=options["dry_run"]):
            done = import_result_file(
                file,
                experiment=find_experiment(options["experiment"]),
                form=form_of(options["file"]),
                defaults={name: value for name, value in given.items() if value},
                skip_bad=options["skip_bad"],
                actor=getpass.getuser(),
                on_bad=self.tell_bad,
            )
        self._tell_done(done, dry_run=options["dry_run"])

    def _tell_done(self, done: Received, *, dry_run: bool) -> None:
        counts = {name: getattr(done.results, name) for name in ("new", "changed", "unchanged")}
        counts["bad"] = done.bad
        summary = ", ".join(f"{count} {name}" for name, count in counts.items())
        kept = " (dry run, nothing kept)" if dry_run else ""
        self.tell(f"{summary}{kept}", event="recorded", dry_run=dry_run, codes=done.codes, **counts)
