"""Patients: servers that are away, and answers by their code."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from evalsite.doctor.finding import Finding

Codes = Callable[[Callable[[], Iterable[Finding]]], set[str]]


@pytest.fixture
def codes(db: None) -> Codes:
    """Ask one check, and answer the codes of what it found."""
    return lambda ask: {finding.code for finding in ask()}
