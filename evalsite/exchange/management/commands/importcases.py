"""`manage.py importcases FILE --suite S`: bring test cases in."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.core.management.base import CommandParser

from evalsite.cases.curate import describe_suite
from evalsite.exchange.case_files import Imported, form_of, import_case_file, open_suite
from evalsite.exchange.file_command import FileCommand, add_file_arguments, opened
from evalsite.exchange.formats.registry import FORMATS, FormatUnfit, names
from evalsite.exchange.trial import trial


class Command(FileCommand):
    """Import a file of cases into a suite as one new version."""

    help = (
        "Import test cases from JSONL, CSV or a published format, plain or gzip. "
        "All or nothing, unless --skip-bad. "
        "Exit codes: 0 imported, 1 refused, 2 usage, 5 nothing in the file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        add_file_arguments(parser)
        parser.add_argument("--format", choices=names("cases"), help="default: by the file's name")
        parser.add_argument("--answers", metavar="FILE", help="possible answers, for bfcl")
        parser.add_argument("--topics", metavar="FILE", help="what each topic asks, for trec")
        parser.add_argument("--pack", help="make the suite with this pack if it is not there")
        parser.add_argument(
            "--cluster-key", metavar="KEY", help="the metadata field that cases of one source share"
        )
        parser.add_argument("--note", default="", help="why, for the cases' history")

    def work(self, **options: Any) -> None:
        """Import the file and say what changed."""
        dry_run = options["dry_run"]
        form = options["format"] or form_of(options["file"])
        pack = options["pack"] or FORMATS[form].pack
        with ExitStack() as files, trial(dry_run=dry_run):
            file = files.enter_context(opened(options["file"]))
            beside = _companion(form, answers=options["answers"], topics=options["topics"])
            suite = open_suite(options["suite"], pack=pack, actor="importcases")
            if (key := options["cluster_key"]) is not None:
                describe_suite(
                    suite, description=suite.description, cluster_key=key, actor="importcases"
                )
            done = import_case_file(
                file,
                suite=suite,
                form=form,
                companion=files.enter_context(opened(beside)) if beside else None,
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
        if done.scorecards:
            cards = ", ".join(f"{count} {name}" for name, count in done.scorecards.items())
            self.tell(f"scorecards: {cards}", event="scorecards", **done.scorecards)


def _companion(form: str, **named: str | None) -> str | None:
    """Answer the second file's name; raises FormatUnfit for one that the format does not take."""
    takes = FORMATS[form].companion
    for option, name in named.items():
        if name is not None and option != takes:
            raise FormatUnfit(f"format {form} takes no --{option}")
    return named.get(takes)
