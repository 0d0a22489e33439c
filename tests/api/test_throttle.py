"""Rates per key, person, address and tenant, counted in the broker's Valkey."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from evalsite import valkey
from evalsite.api.frame import rates, throttle
from evalsite.api.frame.throttle import KeyRate, TenantRate, rate
from evalsite.keys.holder import KeyHolder
from evalsite.tenants.models import Role
from evalsite.tenants.scope import tenant
from tests.services import Services

TENANT = UUID(int=7)


@pytest.fixture
def counter(services: Services, monkeypatch: pytest.MonkeyPatch) -> rates.Counter:
    """A counter on the tests' own Valkey."""
    counter = rates.Counter(rates.open_client(services.broker_url))
    monkeypatch.setattr(throttle, "counter", lambda: counter)
    return counter


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> rates.Counter:
    """A counter whose Valkey does not answer."""
    counter = rates.Counter(rates.open_client("redis://127.0.0.1:1/0"))
    monkeypatch.setattr(throttle, "counter", lambda: counter)
    return counter


@pytest.fixture
def rated(settings: Any) -> Callable[..., None]:
    """Set the two rates for a test."""

    def turn(*, key: str = "1000/minute", tenant: str = "1000/minute") -> None:
        update = {"api_rate_key": key, "api_rate_tenant": tenant}
        settings.ENV = settings.ENV.model_copy(update=update)

    return turn


def holder() -> KeyHolder:
    return KeyHolder(
        key_id=uuid4(),
        public_id="k",
        name="ci",
        tenant_id=TENANT,
        role=Role.ENGINEER,
        scopes=frozenset({"*:read"}),
    )


def ask(who: KeyHolder | None = None, *, address: str = "203.0.113.9") -> Request:
    """A request as DRF hands it to the throttles."""
    request = Request(APIRequestFactory().get("/", REMOTE_ADDR=address))
    who_asks: Any = who or AnonymousUser()
    request.user = who_asks
    request.auth = who
    return request


def passes(request: Request) -> tuple[bool, bool]:
    """Whether the key's rate and the tenant's let the request on."""
    view = SimpleNamespace()
    return KeyRate().allow_request(request, view), TenantRate().allow_request(request, view)


def test_a_key_beyond_its_rate_waits(counter: rates.Counter, rated: Any) -> None:
    rated(key="2/minute")
    who = holder()
    with tenant(TENANT):
        assert [passes(ask(who)) for _ in range(3)] == [(True, True), (True, True), (False, True)]
        refused = KeyRate()
        assert not refused.allow_request(ask(who), SimpleNamespace())
    assert 0 < (refused.wait() or 0) <= 60


def test_another_key_goes_on(counter: rates.Counter, rated: Any) -> None:
    rated(key="1/minute")
    loud = holder()
    with tenant(TENANT):
        passes(ask(loud))
        assert passes(ask(loud)) == (False, True)
        assert passes(ask(holder())) == (True, True)


def test_keys_of_a_tenant_share_its_rate(counter: rates.Counter, rated: Any) -> None:
    rated(tenant="2/minute")
    with tenant(uuid4()):
        assert [passes(ask(holder())) for _ in range(3)] == [(True, True)] * 2 + [(True, False)]
    with tenant(uuid4()):
        assert passes(ask(holder())) == (True, True)


def test_refused_requests_take_nothing_from_the_tenant(counter: rates.Counter, rated: Any) -> None:
    rated(key="1/minute", tenant="2/minute")
    loud = holder()
    with tenant(uuid4()):
        for _ in range(5):
            passes(ask(loud))
        assert passes(ask(holder())) == (True, True)


def test_a_stranger_is_counted_by_address(counter: rates.Counter, rated: Any) -> None:
    rated(key="1/minute")
    first, other = f"198.51.100.{TENANT.int}", "198.51.100.8"
    assert passes(ask(address=first)) == (True, True)
    assert passes(ask(address=first)) == (False, True)
    assert passes(ask(address=other)) == (True, True)


def test_both_rates_take_one_round_trip(services: Services, counter: rates.Counter) -> None:
    with tenant(uuid4()):
        passes(ask(holder()))
        with rates.open_client(services.broker_url) as valkey:
            calls = valkey.info("commandstats")["cmdstat_evalsha"]["calls"]
            passes(ask(holder()))
            assert valkey.info("commandstats")["cmdstat_evalsha"]["calls"] == calls + 1


def test_without_valkey_the_process_counts(
    away: rates.Counter, rated: Any, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    rated(key="2/minute")
    monkeypatch.setattr(logging.getLogger("evalsite"), "propagate", True)
    monkeypatch.setattr(valkey, "_AWAY_S", 0.0)
    who = holder()
    with tenant(TENANT):
        assert [passes(ask(who))[0] for _ in range(3)] == [True, True, False]
    told = {record.created for record in caplog.records if "is away" in record.getMessage()}
    assert len(told) == 1


def test_rates_are_read() -> None:
    assert rate("1200/minute").amount == 1200
