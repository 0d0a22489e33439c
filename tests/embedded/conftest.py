"""Data folders for real servers: short, open to other accounts, and cleared afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evalsite.embedded import supervisor
from evalsite.embedded.children import reap_leftovers
from evalsite.embedded.layout import Layout

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root lends its account only when root")


@contextmanager
def data_folder(*, mode: int = 0o755) -> Iterator[Layout]:
    """Give a layout in a new folder of this mode; stop its servers and remove it at the end."""
    parent = Path(tempfile.mkdtemp(prefix="es-"))
    parent.chmod(mode)
    layout = Layout(parent / "data")
    try:
        yield layout
    finally:
        reap_leftovers(layout, patience=0)
        supervisor.discard(layout)
        shutil.rmtree(parent)


@pytest.fixture
def layout() -> Iterator[Layout]:
    """A data folder of the test's own."""
    with data_folder() as made:
        yield made


@pytest.fixture(scope="module")
def running() -> Iterator[Layout]:
    """A data folder whose servers run for all tests of a module, which leave them running."""
    with data_folder() as made:
        supervisor.ensure_started(made)
        yield made
