"""A file of any length needs no more memory than a short one."""

from __future__ import annotations

import io
import tracemalloc

import pytest

from evalsite.cases.models import Suite, TestCase
from evalsite.exchange.case_files import import_case_file
from evalsite.exchange.write_cases import case_lines

LINE = '{{"key":"k{}","input":{{"question":"{}"}},"expected":{{"answer":1}},"tags":["a"]}}\n'


class Generated(io.RawIOBase):
    """A file of many cases that is made while it is read."""

    def __init__(self, count: int) -> None:
        self.lines = (LINE.format(n, "x" * 500).encode() for n in range(count))

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return next(self.lines, b"")


def peak_of_import(suite: Suite, count: int) -> int:
    tracemalloc.start()
    import_case_file(Generated(count), suite=suite, form="jsonl")  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.mark.timeout(120)
def test_memory_stays_flat_both_ways(suite: Suite) -> None:
    # More than the two blocks that are held at once.
    small = peak_of_import(suite, 4_500)
    large = peak_of_import(suite, 10_000)
    assert large < small + 1_000_000
    assert TestCase.objects.count() == 10_000
    tracemalloc.start()
    assert sum(1 for _ in case_lines(suite)) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000
