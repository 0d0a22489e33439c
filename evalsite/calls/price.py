"""What a call costs: the tenant's own price, else the provider's list price, else unknown.

A list price counts only where the endpoint's host is the provider's own: the same model served by
somebody else, or by yourself, costs something else. Unknown is None, never 0. What a provider
takes off for cached prompts is not counted, so the real bill may be lower.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.db import connection

from evalsite.calls.tokens import tokens_at_most
from evalsite.endpoints.models import RESERVED, Endpoint
from evalsite.endpoints.queries import EndpointUnknown, find_endpoint

__all__ = ["MOCK", "Tariff", "Tier", "cost_of", "tariff_of", "tokens_at_most", "worst_case"]

_SEED = Path(__file__).with_name("prices.jsonl")
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")
_OWN = """
    SELECT usd_in, usd_out FROM calls_price WHERE model = %s AND endpoint IN ('', %s)
    ORDER BY endpoint DESC LIMIT 1
"""
_MILLION = Decimal(1_000_000)


class Tier(NamedTuple):
    """US dollars per million tokens, for requests whose prompt is longer than `above` tokens."""

    above: int
    usd_in: Decimal
    usd_out: Decimal

    def cost(self, *, tokens_in: int, tokens_out: int) -> Decimal:
        """Answer what so many tokens cost."""
        return (self.usd_in * tokens_in + self.usd_out * tokens_out) / _MILLION


class Tariff(NamedTuple):
    """What a model costs at an endpoint, and who says so; tiers ascend from 0."""

    source: str
    tiers: tuple[Tier, ...]

    def cost(self, *, tokens_in: int | None, tokens_out: int | None) -> Decimal | None:
        """Answer the price of a call; None where a count that matters is not known."""
        tier = self._reached(tokens_in or 0)[-1]
        if (tokens_in is None and tier.usd_in) or (tokens_out is None and tier.usd_out):
            return None
        return tier.cost(tokens_in=tokens_in or 0, tokens_out=tokens_out or 0)

    def worst_case(self, *, prompt_tokens: int, max_tokens: int) -> Decimal:
        """Answer what a call cannot exceed, as its prompt may turn out shorter but not longer."""
        tiers = self._reached(prompt_tokens)
        return max(tier.cost(tokens_in=prompt_tokens, tokens_out=max_tokens) for tier in tiers)

    def _reached(self, prompt_tokens: int) -> list[Tier]:
        return [tier for tier in self.tiers if tier.above == 0 or prompt_tokens > tier.above]


MOCK = Tariff("mock", (Tier(0, Decimal(0), Decimal(0)),))


def cost_of(
    model: str, *, endpoint: str, tokens_in: int | None, tokens_out: int | None
) -> Decimal | None:
    """Answer what a call has cost in US dollars, or None where that is not known."""
    tariff = tariff_of(model, endpoint=endpoint)
    return tariff.cost(tokens_in=tokens_in, tokens_out=tokens_out) if tariff else None


def worst_case(model: str, *, endpoint: str, prompt_tokens: int, max_tokens: int) -> Decimal | None:
    """Answer what a call cannot exceed in US dollars, or None where no price is known."""
    tariff = tariff_of(model, endpoint=endpoint)
    return tariff.worst_case(prompt_tokens=prompt_tokens, max_tokens=max_tokens) if tariff else None


def tariff_of(model: str, *, endpoint: str = "") -> Tariff | None:
    """Answer the tariff of a model at an endpoint, empty for the default one; None: unknown.

    Asks the database, so a worker asks once for many calls.
    """
    if endpoint == RESERVED:
        return MOCK
    try:
        place = find_endpoint(endpoint)
    except EndpointUnknown:
        return _own_tariff(model, endpoint=endpoint)  # whoever calls it says that it is unknown
    return tariff_at(place, model=model or place.default_model)


def tariff_at(endpoint: Endpoint, *, model: str) -> Tariff | None:
    """Do what tariff_of does for an endpoint at hand."""
    own = _own_tariff(model, endpoint=endpoint.name)
    return own or list_tariff(model, base_url=endpoint.base_url)


def list_tariff(model: str, *, base_url: str, on: date | None = None) -> Tariff | None:
    """Answer a provider's list price by the host of its URL, as of a day (today without)."""
    seed = _seed()
    models = seed.models.get(urlsplit(base_url).hostname or "", {})
    name = model.lower()
    rows = models.get(name) or models.get(_DATED.sub("", name))
    if not rows:
        return None
    return Tariff(seed.source, _tiers(rows, on=on or datetime.now(UTC).date()))


class _Row(NamedTuple):
    since: str
    above: int
    usd_in: str
    usd_out: str


class _Seed(NamedTuple):
    source: str
    models: Mapping[str, Mapping[str, list[_Row]]]


@lru_cache(maxsize=1)
def _seed() -> _Seed:
    """Read the built-in prices, by host and name; `evalsite/calls/seed.py` says what is there."""
    with _SEED.open() as lines:
        origin = json.loads(next(lines))
        models: dict[str, dict[str, list[_Row]]] = defaultdict(dict)
        for entry in map(json.loads, lines):
            for host in entry["hosts"]:
                models[host][entry["model"]] = [_Row(*row) for row in entry["prices"]]
    return _Seed(f"{origin['source']} of {origin['date']}", models)


def _tiers(rows: Iterable[_Row], *, on: date) -> tuple[Tier, ...]:
    begun = [row for row in rows if row.since <= on.isoformat()]
    newest = max(row.since for row in begun)
    return tuple(
        Tier(row.above, Decimal(row.usd_in), Decimal(row.usd_out))
        for row in begun
        if row.since == newest
    )


def _own_tariff(model: str, *, endpoint: str) -> Tariff | None:
    """Answer the tenant's price at this endpoint or, where it has none, at any."""
    with connection.cursor() as cursor:
        cursor.execute(_OWN, [model, endpoint])
        own: tuple[Decimal, Decimal] | None = cursor.fetchone()
    return Tariff("own price", (Tier(0, *own),)) if own else None
