"""Settings that a test changes, and a listener on loopback that counts who came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from evalsite import env


@pytest.fixture
def knobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set environment variables and read the settings anew."""

    def turn(**variables: Any) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name.upper(), value)
        env.load.cache_clear()

    yield turn
    monkeypatch.undo()
    env.load.cache_clear()
