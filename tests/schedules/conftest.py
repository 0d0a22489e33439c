from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(autouse=True)
def _functions_may_be_targets(knobs: Callable[..., None]) -> None:
    """Let a test's own function be asked."""
    knobs(callable_targets="true")
