"""Recorded outputs in: of any known format, plain or gzip, streamed into a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, Final

from django.db import transaction

from evalsite.cases.models import Suite
from evalsite.exchange.lines import BadLine, Line
from evalsite.exchange.sift import Sieve
from evalsite.targets.check import check_output
from evalsite.targets.models import Run
from evalsite.targets.record import (
    CASE_UNKNOWN,
    OUTPUT_REPEATED,
    LostOutput,
    Recorded,
    record_outputs,
)
from packs.registry import PACKS

_LOST: Final = {
    CASE_UNKNOWN: ("the suite has no case {!r}", "import the case first, or mend the key"),
    OUTPUT_REPEATED: ("case {!r} has this repetition already", "number them in `repetition`"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What an import of outputs did."""

    outputs: Recorded
    bad: int = 0
    codes: dict[str, int] = field(default_factory=dict)
    first_bad: list[BadLine] = field(default_factory=list)


def import_output_file(
    source: BinaryIO,
    *,
    run: Run,
    suite: Suite,
    form: str = "jsonl",
    skip_bad: bool = False,
    actor: object = "",
    on_bad: Callable[[BadLine], None] | None = None,
) -> Received:
    """Record a file's outputs for a run, all or nothing unless bad lines are skipped.

    Raises FormatUnfit, FileRefused, LinesRefused, NothingImported and RunCompleted; nothing is
    kept then.
    """
    from evalsite.exchange.formats.registry import read

    lines = read(source, format=form, side="outputs")
    return import_output_lines(
        lines, run=run, suite=suite, skip_bad=skip_bad, actor=actor, on_bad=on_bad
    )


def import_output_lines(
    lines: Iterable[Line],
    *,
    run: Run,
    suite: Suite,
    skip_bad: bool = False,
    actor: object = "",
    on_bad: Callable[[BadLine], None] | None = None,
) -> Received:
    """Record numbered lines as a run's outputs, in flat memory.

    All or nothing unless bad lines are skipped: raises LinesRefused, NothingImported, RunCompleted.
    """
    sieve = Sieve(on_bad)
    with transaction.atomic():
        outputs = record_outputs(
            run,
            sieve.sift(lines, partial(check_output, pack=PACKS.load(suite.pack).value)),
            suite=suite,
            on_lost=partial(_refuse_lost, sieve),
            actor=actor,
        )
        sieve.judge(skip_bad=skip_bad)
    return Received(
        outputs=outputs, bad=sieve.bad, codes=dict(sieve.codes), first_bad=sorted(sieve.first)
    )


def _refuse_lost(sieve: Sieve, lost: LostOutput) -> None:
    message, hint = _LOST[lost.code]
    sieve.good -= 1
    sieve.refuse(BadLine(lost.line, lost.code, message.format(lost.key), hint, "key"))
