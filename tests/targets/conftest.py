"""A suite of three cases and an open run."""

from __future__ import annotations

import pytest

from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Suite
from evalsite.targets.models import Run
from evalsite.targets.open import open_run
from evalsite.tenants.models import Tenant


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    """A suite of the cases a, b and c."""
    made = create_suite(name="capitals", pack="exact")
    for key in "abc":
        save_case(made, {"key": key, "input": {"question": "q"}, "expected": {"answer": 1}})
    return made


@pytest.fixture
def run(suite: Suite) -> Run:
    """An open run without outputs."""
    return open_run(name="r1", target="bot", client_type="web", client_version="1")
