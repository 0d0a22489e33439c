"""The built-in prices are what the package they were made from says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from random import Random
from typing import Any

import pytest

from evalsite.calls.price import _SEED, list_tariff

prices = pytest.importorskip("genai_prices", reason="a developers' tool: make test installs it")
ORIGIN, *ENTRIES = map(json.loads, _SEED.read_text().splitlines())
SAMPLE = Random(7).sample(ENTRIES, 150)


def package_price(entry: dict[str, Any], *, tokens: int) -> Any:
    """The dearest of the day on which the seed was made."""
    day = datetime.fromisoformat(ORIGIN["date"]).replace(tzinfo=UTC)
    usage = prices.Usage(input_tokens=tokens, output_tokens=tokens // 10)
    url = f"https://{entry['hosts'][0]}/"
    return max(
        prices.calc_price(
            usage,
            entry["model"],
            provider_api_url=url,
            genai_request_timestamp=day.replace(hour=hour),
        ).total_price
        for hour in range(24)
    )


def test_it_says_where_it_is_from() -> None:
    assert ORIGIN["source"] == f"genai-prices {version('genai-prices')}"
    assert ORIGIN["licence"].startswith("MIT")


@pytest.mark.parametrize("tokens", [1000, 300_000])
def test_it_agrees_with_its_package(tokens: int) -> None:
    day = datetime.fromisoformat(ORIGIN["date"]).date()
    for entry in SAMPLE:
        tariff = list_tariff(entry["model"], base_url=f"https://{entry['hosts'][0]}/v1", on=day)
        assert tariff is not None
        ours = tariff.cost(tokens_in=tokens, tokens_out=tokens // 10)
        assert ours == package_price(entry, tokens=tokens), entry
