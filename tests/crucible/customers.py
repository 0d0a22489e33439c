"""The tenants' programs: they order over the REST API, again and again until it says yes."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.crucible.stock import Customer

# A customer's patience with one request, and the pause before it asks again.
PATIENCE_S = 20.0
PAUSE_S = 0.2


@dataclass(frozen=True)
class Reply:
    """What the site said: 0 where it did not."""

    status: int
    body: dict[str, Any]


def post(url: str, body: dict[str, Any], *, customer: Customer, key: str = "") -> Reply:
    """Post once to an address below /api/v1/."""
    headers = {"Authorization": f"Bearer {customer.key}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return Reply(answer.status, json.loads(answer.read()))
    except urllib.error.HTTPError as refused:
        return Reply(refused.code, _json(refused.read()))
    except (OSError, ValueError):
        return Reply(0, {})


def insist(url: str, body: dict[str, Any], *, customer: Customer, key: str, until: float) -> Reply:
    """Post until it is done or refused for good, or `until` (time.monotonic()) has come."""
    while True:
        reply = post(url, body, customer=customer, key=key)
        if not _is_passing(reply) or time.monotonic() > until:
            return reply
        time.sleep(PAUSE_S)


def _is_passing(reply: Reply) -> bool:
    """Say whether it is worth asking again: nobody was there, or not at the moment."""
    overtaken = reply.body.get("code") == "overtaken"
    return reply.status in (0, 429) or reply.status >= 500 or overtaken


def _json(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text.decode(errors="replace")[:500]}
    return found if isinstance(found, dict) else {"body": found}
