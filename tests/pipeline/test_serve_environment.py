"""Where the links in mails lead while `serve` runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evalsite.env import load
from evalsite.pipeline.management.commands.serve import site_environment


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    """The variables are read once for a process."""
    load.cache_clear()
    yield
    load.cache_clear()


def test_links_lead_to_the_port_that_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SITE_URL", raising=False)
    assert site_environment(port=8123)["SITE_URL"] == "http://127.0.0.1:8123"


def test_an_address_that_was_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://eval.example.org")
    assert site_environment(port=8123)["SITE_URL"] == "https://eval.example.org"
