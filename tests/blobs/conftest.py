"""A folder of its own for each test's objects."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.storage import storages


@pytest.fixture(autouse=True)
def objects_folder(tmp_path: Path, settings: object) -> Path:
    """Keep objects in a folder that ends with the test."""
    place = storages["blobs"]
    place.__dict__.pop("base_location", None)
    place.__dict__.pop("location", None)
    place._location = str(tmp_path)  # type: ignore[attr-defined]
    return tmp_path
