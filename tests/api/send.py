"""Send the good request of a route, as whoever, with whatever ids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.test import Client

from tests.api.routes import Route
from tests.api.rows import NDJSON, Given, Row

VOLATILE = ("request_id", "at")


def send(client: Client, route: Route, *, row: Row, given: Given, **instead: Any) -> Any:
    """Send a row's request; `instead` replaces ids of the address, `body` what is sent."""
    ids = {name: instead.get(name, given[name].pk) for name in route.kwargs}
    body = instead["body"] if "body" in instead else row.body(given) if row.body else None
    path = route.path(**ids)
    query = instead.get("query", row.query(given))
    if route.is_safe:
        return client.get(path, query)
    sent = "" if body is None else _encoded(body, content_type=row.content_type)
    ask = getattr(client, route.method)
    return ask(path, sent, content_type=row.content_type, query_params=query)


def random_ids(route: Route) -> dict[str, Any]:
    """Answer ids that nobody has, for all that the address names."""
    return {name: uuid4() for name in route.kwargs}


def told(response: Any) -> Any:
    """Answer what a response says but for what is new in each."""
    if response.headers["Content-Type"].startswith("application/") and not response.streaming:
        said = response.json()
        if isinstance(said, Mapping):
            return {name: said[name] for name in said if name not in VOLATILE}
        return said
    return b"".join(response.streaming_content) if response.streaming else response.content


def _encoded(body: Any, *, content_type: str) -> str:
    if content_type == NDJSON:
        return "".join(json.dumps(line) + "\n" for line in body)
    return json.dumps(body, default=str)
