from __future__ import annotations

from collections.abc import Iterator

import pytest

from packs.registry import BUILTIN_PACKS


@pytest.fixture(autouse=True)
def _lanes_pack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the tests' own pack known."""
    monkeypatch.setitem(BUILTIN_PACKS, "lanes", "tests.pipeline.lanes_pack:PACK")
    yield
