"""What a file of cases would do to a suite, shown by doing it and taking it back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final, NamedTuple

from evalsite.cases.apply import lock
from evalsite.cases.models import Revision, Suite
from evalsite.cases.pretty import Change, changes, in_short
from evalsite.errors import EvalsiteError
from evalsite.exchange.case_files import Imported, import_case_file
from evalsite.exchange.formats.format import Format
from evalsite.exchange.staged_file import staged
from evalsite.exchange.trial import trial

MOST_SHOWN: Final = 20


class SuiteMoved(EvalsiteError):
    """The suite was changed after somebody looked at what a file would do to it."""

    code = "suite_moved"
    hint = "look at what the file would change now, and import it again"


class StagedImport(NamedTuple):
    """A staged file on its way into a suite; `companion` is the token of a second file."""

    file: str
    format: str
    companion: str = ""

    def run(self, suite: Suite, *, skip_bad: bool, actor: object, note: str = "") -> Imported:
        """Import it; raises StagedFileGone and what `import_case_file` raises."""
        second = io.BytesIO(staged(self.companion)) if self.companion else None
        return import_case_file(
            io.BytesIO(staged(self.file)),
            suite=suite,
            form=self.format,
            companion=second,
            skip_bad=skip_bad,
            actor=actor,
            note=note,
        )


class NewCase(NamedTuple):
    """A case that would be added."""

    key: str
    state: str
    asked: str


class DryRun(NamedTuple):
    """What an import would do to a suite at `version`: how much, and the first of it in full."""

    version: int
    done: Imported
    new: list[NewCase]
    changed: list[tuple[str, Change]]


def formats_for(suite: Suite) -> list[Format]:
    """Answer the formats whose cases fit the suite's pack; those with verdicts are for commands."""
    from evalsite.exchange.formats.registry import FORMATS

    fits = (None, suite.pack)
    return [known for known in FORMATS.values() if known.cases and known.pack in fits]


def dry_run(file: StagedImport, *, suite: Suite, actor: object = "") -> DryRun:
    """Import the good lines, look at what that did, and leave no trace.

    Raises NothingImported with the first bad lines, and all that reading the file raises.
    """
    with trial(dry_run=True):
        before = lock(suite)
        done = file.run(suite, skip_bad=True, actor=actor)
        made = Revision.objects.filter(suite=suite, from_version=before + 1).select_related("case")
        new = [
            NewCase(one.case.key, one.state, in_short(one.input))
            for one in made.filter(number=1).order_by("case__key")[:MOST_SHOWN]
        ]
        changed = _changed(list(made.filter(number__gt=1).order_by("case__key")[:MOST_SHOWN]))
    suite.version = before
    return DryRun(version=before, done=done, new=new, changed=changed)


def import_staged(
    file: StagedImport,
    *,
    suite: Suite,
    seen_version: int,
    skip_bad: bool,
    actor: object = "",
    note: str = "",
) -> Imported:
    """Import what a dry run has shown, in an open transaction.

    Raises SuiteMoved when the suite is not at the version that was looked at, LinesRefused unless
    bad lines are skipped, and what `import_case_file` raises.
    """
    if lock(suite) != seen_version:
        raise SuiteMoved(f"suite {suite} was changed meanwhile")
    return file.run(suite, skip_bad=skip_bad, actor=actor, note=note)


def _changed(revisions: Sequence[Revision]) -> list[tuple[str, Change]]:
    """Each new revision beside the one before it."""
    stood = Revision.objects.filter(case__in=[one.case_id for one in revisions])
    ended = stood.filter(until_version__in={one.from_version for one in revisions})
    before = {one.case_id: one for one in ended}
    pairs = ((one, before[one.case_id]) for one in revisions)
    return [(one.case.key, changes([one, earlier])[0]) for one, earlier in pairs]
