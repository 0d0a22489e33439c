"""What calls cost: own prices, list prices by host, and what is not known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.calls.price import Tariff, Tier, cost_of, list_tariff, tariff_of, worst_case
from evalsite.endpoints.models import Endpoint
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.model_rows import make_price

OPENAI = "https://api.openai.com/v1"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/openai"
CLIFF = Tariff("test", (Tier(0, Decimal(1), Decimal(8)), Tier(1000, Decimal(2), Decimal(4))))


def million(model: str, *, endpoint: str = "") -> Decimal | None:
    """Price of a million tokens asked and none answered."""
    return cost_of(model, endpoint=endpoint, tokens_in=1_000_000, tokens_out=0)


@pytest.fixture
def openai(as_acme: Tenant) -> Endpoint:
    return Endpoint.objects.create(name="openai", base_url=OPENAI, is_default=True)


def test_a_list_price_is_known_by_the_host(openai: Endpoint) -> None:
    asked = {"endpoint": "openai", "tokens_in": 1000, "tokens_out": 200}
    assert cost_of("gpt-4o", **asked) == Decimal("0.0045")  # type: ignore[arg-type]


def test_the_default_endpoint_is_meant_where_none_is_named(openai: Endpoint) -> None:
    assert million("gpt-4o") == Decimal("2.5")


def test_a_model_of_ones_own_machine_has_no_list_price(as_acme: Tenant) -> None:
    Endpoint.objects.create(name="here", base_url="http://127.0.0.1:11434/v1")
    assert million("gpt-4o", endpoint="here") is None


@pytest.mark.parametrize("model", ["no-such-model", "", "gpt-4o-surprise"])
def test_an_unknown_model_costs_nobody_knows(model: str, openai: Endpoint) -> None:
    assert million(model) is None
    assert worst_case(model, endpoint="", prompt_tokens=10, max_tokens=10) is None


def test_an_unknown_endpoint_has_no_price(as_acme: Tenant) -> None:
    assert million("gpt-4o", endpoint="nowhere") is None


def test_a_dated_name_is_the_model(openai: Endpoint) -> None:
    assert million("gpt-4o-2031-01-31") == million("gpt-4o")


def test_ones_own_price_wins(openai: Endpoint) -> None:
    make_price(model="gpt-4o", usd_in=7)
    assert million("gpt-4o") == Decimal(7)


def test_the_price_of_the_endpoint_wins_over_the_general_one(openai: Endpoint) -> None:
    make_price(model="gpt-4o", usd_in=7)
    make_price(model="gpt-4o", endpoint="openai", usd_in=9)
    assert million("gpt-4o") == million("gpt-4o", endpoint="openai") == Decimal(9)
    assert million("gpt-4o", endpoint="elsewhere") == Decimal(7)


def test_the_endpoints_own_model_is_meant_where_none_is_named(as_acme: Tenant) -> None:
    Endpoint.objects.create(name="openai", base_url=OPENAI, default_model="gpt-4o")
    assert million("", endpoint="openai") == Decimal("2.5")


def test_another_tenants_price_is_not_seen(acme: Tenant, globex: Tenant) -> None:
    with tenant(globex.pk):
        make_price(model="m", usd_in=7)
    with tenant(acme.pk):
        assert million("m") is None


def test_the_mock_costs_nothing_and_says_that_it_is_one(as_acme: Tenant) -> None:
    tariff = tariff_of("anything", endpoint="mock")
    assert tariff is not None
    assert tariff.source == "mock"
    assert tariff.cost(tokens_in=None, tokens_out=None) == Decimal(0)


@pytest.mark.parametrize(("tokens_in", "tokens_out"), [(None, 5), (5, None), (None, None)])
def test_unknown_tokens_cost_nobody_knows(tokens_in: int | None, tokens_out: int | None) -> None:
    assert CLIFF.cost(tokens_in=tokens_in, tokens_out=tokens_out) is None


def test_tokens_that_cost_nothing_need_not_be_known() -> None:
    embedding = list_tariff("text-embedding-3-small", base_url=OPENAI)
    assert embedding is not None
    assert embedding.cost(tokens_in=1_000_000, tokens_out=None) == Decimal("0.02")


def test_a_longer_prompt_reaches_the_next_tier() -> None:
    assert CLIFF.cost(tokens_in=1000, tokens_out=0) == Decimal("0.001")
    assert CLIFF.cost(tokens_in=1001, tokens_out=0) == Decimal("0.002002")


@given(st.integers(0, 3000), st.integers(0, 3000), st.data())
def test_no_call_costs_more_than_its_worst_case(asked: int, most: int, data: st.DataObject) -> None:
    tokens = {
        "tokens_in": data.draw(st.integers(0, asked)),
        "tokens_out": data.draw(st.integers(0, most)),
    }
    cost = CLIFF.cost(**tokens)
    assert cost is not None
    assert cost <= CLIFF.worst_case(prompt_tokens=asked, max_tokens=most)


def test_an_announced_change_counts_from_its_day() -> None:
    before = list_tariff("gemini-4-argon", base_url=GOOGLE, on=date(2026, 11, 30))
    after = list_tariff("gemini-4-argon", base_url=GOOGLE, on=date(2026, 12, 1))
    assert before is not None
    assert after is not None
    assert before.tiers[0].usd_in * 2 == after.tiers[0].usd_in
