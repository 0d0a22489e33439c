"""Sift good lines from bad, and keep count of the bad ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from evalsite.errors import EvalsiteError
from evalsite.exchange.lines import BadLine, Line
from judges.protocol import VerdictError

T = TypeVar("T")

_SHOWN: Final = 100


class LinesRefused(EvalsiteError):
    """Some lines of a file are bad, so nothing of it was kept; `lines` are the first of them."""

    code = "lines_refused"
    hint = "mend the lines listed, or keep the good ones: --skip-bad, ?strict=false"
    http_status = 422
    lines: Sequence[BadLine] = ()


class NothingImported(EvalsiteError):
    """A file holds no line that could be kept; `lines` are the first of the bad ones."""

    code = "nothing_imported"
    hint = "give a file with at least one good line"
    exit_code = 5
    http_status = 422
    lines: Sequence[BadLine] = ()


class Sieve:
    """Lets good lines through; counts the bad, keeps the first, and tells `on_bad` of each."""

    def __init__(self, on_bad: Callable[[BadLine], None] | None = None) -> None:
        self._on_bad = on_bad
        self.good = 0
        self.codes: Counter[str] = Counter()
        self.first: list[BadLine] = []

    @property
    def bad(self) -> int:
        """How many lines were bad."""
        return self.codes.total()

    def refuse(self, bad: BadLine) -> None:
        """Count one bad line."""
        self.codes[bad.code] += 1
        if len(self.first) < _SHOWN:
            self.first.append(bad)
        if self._on_bad is not None:
            self._on_bad(bad)

    def sift(
        self, lines: Iterable[Line], check: Callable[[Mapping[str, Any]], T]
    ) -> Iterator[tuple[int, T]]:
        """Answer what the check makes of each good line."""
        for number, line in lines:
            if isinstance(line, BadLine):
                self.refuse(line)
                continue
            try:
                checked = check(line)
            except (EvalsiteError, VerdictError) as error:
                self.refuse(BadLine.because(number, error))
                continue
            self.good += 1
            yield number, checked

    def judge(self, *, skip_bad: bool) -> None:
        """Raise LinesRefused if bad lines are not to be skipped, NothingImported without any."""
        if self.bad and not skip_bad:
            counts = ", ".join(f"{count} x {code}" for code, count in self.codes.most_common())
            lines = "1 bad line" if self.bad == 1 else f"{self.bad} bad lines"
            raise self._with_lines(LinesRefused(f"nothing was imported: {lines} ({counts})"))
        if not self.good:
            raise self._with_lines(NothingImported("no line could be kept"))

    def _with_lines(self, error: LinesRefused | NothingImported) -> Exception:
        error.lines = sorted(self.first)
        return error
