"""A folder of its own for each test's objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def objects_folder(tmp_path: Path, settings: Any) -> Path:
    """Keep objects in a folder that ends with the test."""
    kept = {**settings.STORAGES["blobs"], "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "blobs": kept}
    return tmp_path
