"""Case files in: of any known format, plain or gzip, streamed into a suite as one curation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath
from typing import BinaryIO, Literal

from django.db import transaction

from evalsite.cases.apply import Curated
from evalsite.cases.check import check_case
from evalsite.cases.curate import create_suite, import_cases
from evalsite.cases.models import Suite
from evalsite.cases.queries import SuiteUnknown
from evalsite.cases.stage import Repeated
from evalsite.errors import UsageError
from evalsite.exchange.formats.format import Judged
from evalsite.exchange.lines import BadLine, Line
from evalsite.exchange.open_file import open_lines
from evalsite.exchange.sift import Sieve
from packs.registry import PACKS

Form = Literal["jsonl", "csv"]


class SuitePackMismatch(UsageError):
    """The suite that is there is of another pack."""

    code = "suite_pack_mismatch"
    hint = "leave --pack out, or import into another suite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did, or on trial would have done."""

    cases: Curated
    scorecards: dict[str, int] = field(default_factory=dict)
    bad: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    first_bad: list[BadLine] = field(default_factory=list)


def form_of(name: str) -> Form:
    """Tell a file's form from its name: CSV by `.csv` or `.csv.gz`, else JSONL."""
    return "csv" if ".csv" in [suffix.lower() for suffix in PurePath(name).suffixes] else "jsonl"


def open_suite(name: str, *, pack: str | None, actor: object = "") -> Suite:
    """Answer the suite of that name, made with the pack if it is not there.

    Raises SuiteUnknown without a pack to make it with, SuitePackMismatch, and PackError.
    """
    found = Suite.objects.filter(name=name).first()
    if found is None and pack is None:
        raise SuiteUnknown(f"there is no suite {name!r}", hint="with --pack it would be made")
    if found is None:
        return create_suite(name=name, pack=str(pack), actor=actor)
    if pack not in (None, found.pack):
        raise SuitePackMismatch(f"suite {name!r} is of pack {found.pack}, not {pack}")
    return found


def import_case_file(
    source: BinaryIO,
    *,
    suite: Suite,
    form: str,
    companion: BinaryIO | None = None,
    skip_bad: bool = False,
    actor: object = "",
    note: str = "",
    on_bad: Callable[[BadLine], None] | None = None,
) -> Imported:
    """Import a file's cases into a suite, all or nothing unless bad lines are skipped.

    `form` names a format; `companion` is the second file that some have.
    Raises FormatUnfit, FileRefused, LinesRefused and NothingImported; nothing is kept then.
    """
    with (
        transaction.atomic(),
        _opened(source, form=form, companion=companion) as (lines, judged),
    ):
        done = import_case_lines(
            lines, suite=suite, skip_bad=skip_bad, actor=actor, note=note, on_bad=on_bad
        )
        scorecards = judged.bring(suite, actor=str(actor)) if judged else {}
    return replace(done, scorecards=scorecards)


def import_case_lines(
    lines: Iterable[Line],
    *,
    suite: Suite,
    skip_bad: bool = False,
    actor: object = "",
    note: str = "",
    on_bad: Callable[[BadLine], None] | None = None,
) -> Imported:
    """Import numbered lines into a suite as one curation, in flat memory.

    All or nothing unless bad lines are skipped: raises LinesRefused and NothingImported.
    """
    sieve = Sieve(on_bad)
    with transaction.atomic():
        cases = import_cases(
            suite,
            sieve.sift(lines, partial(check_case, pack=PACKS.load(suite.pack).value)),
            on_repeated=partial(_refuse_repeated, sieve),
            actor=actor,
            note=note,
        )
        sieve.judge(skip_bad=skip_bad)
    return Imported(
        cases=cases, bad=sieve.bad, codes=dict(sieve.codes), first_bad=sorted(sieve.first)
    )


@contextmanager
def _opened(
    source: BinaryIO, *, form: str, companion: BinaryIO | None
) -> Iterator[tuple[Iterator[Line], Judged | None]]:
    """Open a file's lines, and what brings its verdicts where its format has some."""
    from evalsite.exchange.formats.registry import FORMATS, read

    known = FORMATS.get(form)
    if known is None or known.judged is None:
        yield read(source, format=form, side="cases", companion=companion), None
        return
    with known.judged() as judged:
        yield judged.lines(open_lines(source)), judged


def _refuse_repeated(sieve: Sieve, repeated: Repeated) -> None:
    message = f"key {repeated.key!r} stands on line {repeated.first} already"
    sieve.good -= 1
    sieve.refuse(
        BadLine(repeated.line, "key_repeated", message, "give each case a key of its own", "key")
    )
