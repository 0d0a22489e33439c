"""`manage.py migratelegacy --from URL`: bring an old database's cases and scorecards in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from evalsite.errors import UsageError
from evalsite.exchange.file_command import FileCommand
from evalsite.exchange.legacy.migrate import migrate, open_import
from evalsite.exchange.legacy.tables import OldTables, old_tables
from evalsite.exchange.legacy.undo import undo
from evalsite.exchange.legacy.verify import LegacyDiffers, compare_with
from evalsite.exchange.models import LegacyImport


class LegacyImportUnknown(UsageError):
    """No old database was imported into that suite."""

    code = "legacy_import_unknown"
    hint = "name the suite with --suite, as when it was imported"


class SourceNotNamed(UsageError):
    """The command was not told which old database to read."""

    code = "legacy_source_missing"
    hint = "name it with --from env:NAME, where the variable NAME holds its URL"


class Command(FileCommand):
    """Import the tables test_cases and scorecards, compare both sides, or undo the import."""

    help = (
        "Import test_cases and scorecards of the old framework's PostgreSQL, then compare both "
        "sides. Interrupted, it goes on where it was; done again, it changes nothing. "
        "Exit codes: 0 the same on both sides, 1 refused, 2 usage, 4 something differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        super().add_arguments(parser)
        parser.add_argument(
            "--from",
            metavar="URL",
            help="the old database; better env:NAME, which no list of processes shows",
        )
        parser.add_argument("--suite", default="legacy", help="its suite here (default: legacy)")
        parser.add_argument("--verify", action="store_true", help="only compare both sides")
        parser.add_argument("--undo", action="store_true", help="take away what was imported")

    def work(self, **options: Any) -> None:
        """Import and compare, or one of the other two."""
        if options["undo"]:
            self._undo(options["suite"])
            return
        if not options["from"]:
            raise SourceNotNamed("no --from")
        with old_tables(options["from"]) as tables:
            if not options["verify"]:
                self._migrate(tables, suite=options["suite"])
            self._verify(tables, suite=options["suite"])

    def _migrate(self, tables: OldTables, *, suite: str) -> None:
        job = open_import(tables, suite=suite)
        if tables.left_out:
            names = ", ".join(tables.left_out)
            self.tell(f"left out: {names}", event="left_out", columns=tables.left_out)
        done = migrate(job, tables, on_bad=self.tell_bad)
        self.tell(
            f"cases: {_counts(done.cases)}; scorecards: {_counts(done.cards)}; "
            f"{done.batches} batches closed",
            event="migrated",
            suite=suite,
            source=job.source,
            cases=done.cases,
            scorecards=done.cards,
            batches=done.batches,
        )

    def _verify(self, tables: OldTables, *, suite: str) -> None:
        found = compare_with(_job(suite), tables)
        self.tell(
            f"{found.pack}: {found.cases_here} of {found.cases_there} cases, "
            f"{found.scorecards_here} of {found.scorecards_there} scorecards, "
            f"{found.nulls} without content; {_counts(found.faults)} wrong",
            event="verified",
            same=found.is_same,
            **asdict(found),
        )
        for kind, ids in found.named.items():
            self.tell("" if self.as_json else f"{kind}: {', '.join(ids)}", event=kind, ids=ids)
        if not found.is_same:
            raise LegacyDiffers("the old tables and what came of them differ")

    def _undo(self, suite: str) -> None:
        done = undo(_job(suite))
        stays = f"; stays, because something rests on it: {_counts(done.stays)}"
        self.tell(
            f"removed: {_counts(done.removed)}{stays if done.stays else ''}",
            event="undone",
            suite=suite,
            **asdict(done),
        )


def _job(suite: str) -> LegacyImport:
    job = LegacyImport.objects.filter(suite__name=suite).select_related("suite").first()
    if job is None:
        raise LegacyImportUnknown(f"no old database was imported into suite {suite!r:.120}")
    return job


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "nothing"
