"""What is installed, asked without importing it."""

from __future__ import annotations

import pytest

from evalsite.origin import is_installed


@pytest.mark.parametrize(
    ("name", "known"),
    [("json.decoder", True), ("json.no_such", False), ("no_such.below", False)],
)
def test_a_missing_parent_is_no_error(name: str, known: bool) -> None:
    assert is_installed(name) is known
