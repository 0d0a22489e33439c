from __future__ import annotations

import pytest

from packs.registry import BUILTIN_PACKS


@pytest.fixture(autouse=True)
def _lanes_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the tests' own pack known."""
    monkeypatch.setitem(BUILTIN_PACKS, "lanes", "tests.pipeline.lanes_pack:PACK")
