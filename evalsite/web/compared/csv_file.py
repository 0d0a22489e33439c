"""A comparison's cases as CSV, which a spreadsheet opens without taking a cell for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from evalsite.regressions.models import Comparison
from evalsite.regressions.pair_cards import Compared, compared_cases
from evalsite.regressions.pair_lists import list_pairs
from evalsite.spreadsheet import neutral
from evalsite.web.compared.case_list import Filter

_PIECE: Final = 500
_HEAD: Final = ("outcome", "case", "category", "status before", "status now")
_SCORES: Final = ("score before", "score now", "reason")


def csv_lines(comparison: Comparison, wanted: Filter) -> Iterator[str]:
    """Yield the lines of the file in pieces: a head, then a line for each case that is listed."""
    stages = [f"{stage} {side}" for stage in wanted.stages for side in ("before", "now")]
    yield _written([[*_HEAD, *_SCORES, *stages]])
    after = ""
    while True:
        page = list_pairs(comparison, wanted.fates, stage=wanted.stage, after=after, size=_PIECE)
        found = compared_cases(comparison, page.rows, stages=wanted.stages)
        if found:
            yield _written([_line(case) for case in found])
        after = page.next
        if not after:
            return


def _line(case: Compared) -> list[str]:
    scores = ["" if side.score is None else f"{side.score:.6g}" for side in (case.before, case.now)]
    marks = [word for mark in case.marks for word in (mark.before, mark.now)]
    sides = [case.before.status, case.now.status]
    return [case.fate.value, case.key, case.category, *sides, *scores, case.reason, *marks]


def _written(lines: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([neutral(cell) for cell in line] for line in lines)
    return text.getvalue()
