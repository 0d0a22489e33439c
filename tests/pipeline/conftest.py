from __future__ import annotations

import pytest

from packs.registry import BUILTIN_PACKS


@pytest.fixture(autouse=True)
def _lanes_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the tests' own packs known."""
    monkeypatch.setitem(BUILTIN_PACKS, "lanes", "tests.pipeline.lanes_pack:PACK")
    monkeypatch.setitem(BUILTIN_PACKS, "asking", "tests.pipeline.asking_pack:PACK")
