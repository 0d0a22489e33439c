"""Sift old rows: what is made of each, or its fault with the row's id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from evalsite.cases.check import CheckedCase, check_case
from evalsite.errors import EvalsiteError
from evalsite.exchange.legacy.case_record import case_fields
from evalsite.exchange.legacy.tables import OldRow
from evalsite.exchange.lines import BadLine
from judges.protocol import VerdictError
from packs.protocol import Pack

T = TypeVar("T")


def sift_rows(
    rows: Iterable[OldRow], make: Callable[[OldRow, Mapping[str, Any]], T]
) -> Iterator[tuple[OldRow, T | BadLine]]:
    """Answer each row with what `make` makes of its record, or with its coded fault."""
    for row in rows:
        number, record = row.line
        if isinstance(record, BadLine):
            yield row, record
            continue
        try:
            yield row, make(row, record)
        except (EvalsiteError, VerdictError) as error:
            fault = BadLine.because(number, error)
            yield row, fault._replace(message=f"id {row.id}: {fault.message}")


def sift_cases(
    rows: Iterable[OldRow], *, pack: Pack
) -> Iterator[tuple[OldRow, CheckedCase | BadLine]]:
    """Answer each row of test_cases as a case that may be kept, or its fault."""
    return sift_rows(rows, lambda row, record: check_case(case_fields(record), pack=pack))
