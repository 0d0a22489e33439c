"""Where the reference data lies: beside the repository, and not part of it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def reference() -> Callable[[str], list[Any]]:
    """Read a reference file by its path; skip where the data is absent."""

    def read(path: str) -> list[Any]:
        file = DATA / path
        if not file.exists():
            pytest.skip(f"the reference data {path} is not on this machine")
        if file.suffix == ".gz":
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                return [json.loads(line) for line in lines]
        return list(json.loads(file.read_text(encoding="utf-8")))

    return read
