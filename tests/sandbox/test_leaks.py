"""Nothing that the worker knows is found inside, in thirteen places where it could be."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

import pytest

from judges.sandbox.outcome import TierName
from tests.sandbox.hostile import LEAKS
from tests.sandbox.jobs import job


@pytest.fixture
def canary(tmp_path: Path) -> dict[str, Any]:
    """A secret that the worker holds in its environment, its arguments, a file, a descriptor."""
    text = secrets.token_hex(16)
    (tmp_path / "secret").write_text(text)
    return {
        "env": {"EVALSITE_CANARY": text},
        "canary": text,
        "home": str(tmp_path / "secret"),
    }


def test_nothing_leaks(strict: TierName, canary: dict[str, Any]) -> None:
    assert job("leaks", tier_name=strict, **canary) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is sure to read a process's memory")
def test_everything_leaks_outside(canary: dict[str, Any]) -> None:
    assert job("leaks", tier_name="plain", **canary) == list(LEAKS)
    assert len(LEAKS) >= 12
