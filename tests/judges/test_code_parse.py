"""CPython 3.11 cannot build two syntax trees at once; we never make it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from judges.code.parse import parse

PROGRAM = "\n".join(f"assert f([{n}, ({n}, {{'a': {n}}})], x={n}) == g(h({n}))" for n in range(20))


class Litter:
    """Garbage whose collection lets another thread run, in the middle of a parse."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        time.sleep(0)


@pytest.fixture
def collecting_often() -> Iterator[None]:
    usual = gc.get_threshold()
    gc.set_threshold(5)
    yield
    gc.set_threshold(*usual)


def test_many_threads_may_parse(collecting_often: None) -> None:
    def litter_and_parse(_: int) -> int:
        Litter()
        return len(parse(PROGRAM).body)

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(litter_and_parse, range(100))) == {20}
