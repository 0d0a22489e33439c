"""How a stage is judged: pure functions `(expected, answer, **options) -> Score`."""

from __future__ import annotations

# The version of every built-in judge; raised when any of them gives another verdict than before.
VERSION = "1"
