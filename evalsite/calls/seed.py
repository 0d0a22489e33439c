"""Make prices.jsonl from the data of the package genai-prices: `make prices`, for developers.

The server reads the file only; the package and what it needs stay off it. Per name of a model the
file has rows `[since, from, in, out]`: from that day on (empty: already), for requests of more
than `from` tokens, US dollars per million tokens asked and answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

PLACE = Path(__file__).with_name("prices.jsonl")
# The hosts by which an endpoint's URL is known to be a provider's own.
HOSTS = {
    "anthropic": ["api.anthropic.com"],
    "cerebras": ["api.cerebras.ai"],
    "cohere": ["api.cohere.ai", "api.cohere.com"],
    "deepseek": ["api.deepseek.com"],
    "fireworks": ["api.fireworks.ai"],
    "google": ["generativelanguage.googleapis.com"],
    "groq": ["api.groq.com"],
    "mistral": ["api.mistral.ai"],
    "moonshotai": ["api.moonshot.ai", "api.moonshot.cn"],
    "openai": ["api.openai.com"],
    "together": ["api.together.xyz", "api.together.ai"],
    "voyageai": ["api.voyageai.com"],
    "x-ai": ["api.x.ai"],
    "zai": ["api.z.ai"],
}
# A model that is also paid for by something that we do not count has no price here.
_UNCOUNTED = ("requests_kcount", "audio_hours", "output_reasoning_mtok", "output_citation_mtok")

Row = tuple[str, int, str, str]


def main() -> None:
    """Write the file anew."""
    today = datetime.now(UTC).date()
    lines = [json.dumps(_origin(today))]
    for provider in _providers():
        for name, model in sorted(_names(provider).items()):
            if rows := _rows(model, today=today):
                entry = {"hosts": HOSTS[provider.id], "model": name, "prices": rows}
                lines.append(json.dumps(entry))
    PLACE.write_text("\n".join(lines) + "\n")


def _origin(today: date) -> dict[str, str]:
    return {
        "source": f"genai-prices {version('genai-prices')}",
        "date": today.isoformat(),
        "licence": "MIT, Copyright (c) Pydantic Services Inc. 2025 to present",
    }


def _providers() -> Iterator[Any]:
    from genai_prices.data import providers

    return (provider for provider in providers if provider.id in HOSTS)


def _names(provider: Any) -> dict[str, Any]:
    """Give each name that the data spells out with the model that it means."""
    spelt = {name.lower() for model in provider.models for name in _spelt(model)}
    return {name: model for name in spelt if (model := provider.find_model(name))}


def _spelt(model: Any) -> Iterator[str]:
    yield model.id
    clauses = [model.match]
    while clauses:
        clause = clauses.pop()
        clauses += getattr(clause, "or_", ())
        name = getattr(clause, "equals", None) or getattr(clause, "starts_with", None)
        if name:
            yield name


def _rows(model: Any, *, today: date) -> list[Row]:
    """Give the model's rows as of today, and those of changes that are announced."""
    rows: list[Row] = []
    before = None
    for day in _days(model, today=today):
        tiers = _tiers(_dearest(model, day=day))
        if tiers is None:
            return []
        if tiers != before:
            rows += [("" if day == today else day.isoformat(), *tier) for tier in tiers]
        before = tiers
    return rows


def _days(model: Any, *, today: date) -> list[date]:
    changes = model.prices if isinstance(model.prices, list) else []
    starts = {getattr(change.constraint, "start_date", today) for change in changes}
    return sorted({today, *(start for start in starts if start > today)})


def _dearest(model: Any, *, day: date) -> Any:
    """Give the price of the dearest hour of a day: a cap must hold at any hour."""
    midnight = datetime.combine(day, time(), UTC)
    hours = (model.get_prices(midnight + timedelta(hours=hour)) for hour in range(24))
    return max(hours, key=lambda price: _base(price.input_mtok) + _base(price.output_mtok))


def _tiers(price: Any) -> list[tuple[int, str, str]] | None:
    if price.input_mtok is None or any(getattr(price, key, None) for key in _UNCOUNTED):
        return None
    both = (price.input_mtok, price.output_mtok)
    starts = sorted({0, *(tier.start for part in both for tier in getattr(part, "tiers", ()))})
    return [(start, *(str(_at(part, start=start)) for part in both)) for start in starts]


def _at(price: Any, *, start: int) -> Decimal:
    tiers = [tier.price for tier in getattr(price, "tiers", ()) if tier.start <= start]
    return tiers[-1] if tiers else _base(price)


def _base(price: Any) -> Decimal:
    return Decimal(getattr(price, "base", price) or 0)


if __name__ == "__main__":
    main()
