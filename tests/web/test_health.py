"""What the site says of itself, and what it answers while the database is away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from evalsite.tenants.backend import pulse
from evalsite.web import health


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    health._fault_of_broker.cache_clear()
    health._require_migrated.cache_clear()
    yield
    health._fault_of_broker.cache_clear()
    health._require_migrated.cache_clear()


@pytest.fixture
def away() -> Iterator[None]:
    """The database is known not to answer."""
    pulse._is_away.set()
    yield
    pulse._is_away.clear()


def test_all_is_well(db: None) -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}
    checks = {"database": "ok", "migrations": "ok", "broker": "ok"}
    assert Client().get("/readyz").json() == {"status": "ok", "checks": checks}


def test_without_a_broker_requests_are_served_and_it_is_told(db: None, no_broker: None) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["code"] == answer.json()["checks"]["broker"] == "broker_unreachable"


def test_before_it_is_migrated_nothing_is_served(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _: {})
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "migrations_unapplied")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_database_that_is_away_is_told(path: str, db: None, away: None) -> None:
    answer = Client().get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer["Retry-After"]) > 0


def test_people_get_a_page_while_the_database_is_away(db: None, away: None) -> None:
    answer = Client().get("/batches/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert b"unavailable" in answer.content
    assert answer["X-Request-ID"]


def test_programs_get_a_problem_while_the_database_is_away(db: None, away: None) -> None:
    answer = Client().get("/api/v1/batches")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["code"] == "unavailable"
    assert answer["Content-Type"] == "application/problem+json"


def test_a_database_that_breaks_off_is_no_fault_of_ours(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("evalsite.web.signin.SignIn.get", broken)
    answer = Client(raise_request_exception=False).get("/signin/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
