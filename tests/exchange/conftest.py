"""Files to import, and a suite to import them into."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from evalsite.cases.curate import create_suite
from evalsite.cases.models import Suite
from evalsite.tenants.models import Tenant
from tests.reference.conftest import reference as reference

Write = Callable[..., str]
Run = Callable[..., tuple[list[dict[str, Any]], str]]


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    """An empty suite."""
    return create_suite(name="capitals", pack="exact")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write lines, objects or bytes into a file; answer its path."""

    def to_file(lines: Iterable[Any], name: str = "cases.jsonl") -> str:
        path = tmp_path / name
        opener = gzip.open if name.endswith(".gz") else open
        with opener(path, "wb") as file:
            for line in lines:
                data = line if isinstance(line, bytes) else json.dumps(line).encode()
                file.write(data + b"\n")
        return str(path)

    return to_file


@pytest.fixture
def run(as_acme: Tenant) -> Run:
    """Run a command for Acme with --json; answer its events and what people read."""

    def command(name: str, *arguments: str) -> tuple[list[dict[str, Any]], str]:
        out, told = StringIO(), StringIO()
        try:
            call_command(name, *arguments, "--tenant", "acme", "--json", stdout=out, stderr=told)
        finally:
            run_events[:] = [json.loads(line) for line in out.getvalue().splitlines()]
        return list(run_events), told.getvalue()

    return command


run_events: list[dict[str, Any]] = []


@pytest.fixture
def events() -> list[dict[str, Any]]:
    """The events of the last command, also when it failed."""
    return run_events
