"""What a deployment has kept when the story is over: rows, logs, keys of the broker, pages."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

import httpx2
import psycopg
from psycopg.rows import tuple_row

from tests.api.routes import routes
from tests.journeys.premises import Premises
from tests.journeys.workshop import broker
from tests.pipeline.test_secret_canary import all_rows
from tests.services import Services

_TABLES = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind IN ('r', 'm', 'p') AND relnamespace::regnamespace::text
      NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
# What a client of the API can carry away of a tenant.
EXPORTS = """
import os, sys, django; django.setup()
from django.core.management import call_command
for command in (
    ["exportcases", "--suite", "sums"], ["exportcases", "--suite", "talk", "--format", "csv"],
    ["showaudit", "--json", "--limit", "1000"], ["verifyaudit"], ["listkeys", "--json"],
    ["listmembers"], ["listbatches"], ["showquota"], ["showretention"], ["setendpoint", "service",
    "--timeout", "5"],
):
    call_command(*command, "--tenant", "acme")
"""


def look_everywhere(premises: Premises, services: Services) -> None:
    """Add to the evidence what is kept now."""
    seen = premises.evidence
    seen.add("rows of the app role", all_rows())
    with services.superuser() as superuser:
        seen.add("rows of the superuser", _rows(superuser))
        seen.add("sessions", _sessions(superuser))
        activity = superuser.execute("SELECT query FROM pg_stat_activity WHERE query <> ''")
        seen.add("statements", (row[0] for row in activity))
    seen.add("broker", _keys(premises))
    folders = (premises.shop.tmp, services.layout.data / "log")
    logs = [path for folder in folders for path in folder.rglob("*.log")]
    seen.add("logs", (path.read_text(errors="replace") for path in logs))
    seen.add("mail", (mail.as_string() for mail in premises.inbox.mails))
    seen.add("mail", (str(mail.get_body(("plain",))) for mail in premises.inbox.mails))
    seen.add("webhook", (str(call.body) for call in premises.hook.calls))


def _rows(superuser: psycopg.Connection) -> Iterator[str]:
    for (table,) in superuser.execute(_TABLES).fetchall():
        for (row,) in superuser.execute(f"SELECT to_jsonb(t)::text FROM {table} t"):
            yield f"{table}: {row}"
    cursor = superuser.cursor(row_factory=tuple_row)
    for (blob,) in cursor.execute("SELECT data FROM blobs_blob WHERE data IS NOT NULL"):
        yield zlib.decompress(blob).decode()


def _sessions(superuser: psycopg.Connection) -> Iterator[str]:
    """What is inside of sessions, which are signed, packed and not sealed."""
    for (data,) in superuser.execute("SELECT session_data FROM django_session"):
        text = data.split(":")[0]
        raw = base64.urlsafe_b64decode(text.strip(".") + "===")
        yield (zlib.decompress(raw) if text.startswith(".") else raw).decode()


def _keys(premises: Premises) -> Iterator[str]:
    client: Any = broker(premises.shop)
    reads = {
        b"string": client.get,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"hash": client.hgetall,
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    for key in client.scan_iter():
        yield f"{key!r} {reads[client.type(key)](key)!r}"


def walk_api(browser: httpx2.Client) -> None:
    """Read each list of the API, then what hangs below the first row of each."""
    safe = [route for route in routes() if route.is_safe and len(route.kwargs) < 2]
    first: dict[str, str] = {}
    for route in sorted(safe, key=lambda route: len(route.kwargs)):
        collection = route.address.partition("/{")[0]
        known = first.get(collection, "")
        if route.kwargs and not known:
            continue
        answer = browser.get(route.path(**dict.fromkeys(route.kwargs, known)))
        is_list = not route.kwargs and answer.headers["content-type"].endswith("/json")
        rows = answer.json().get("results") if is_list else None
        if isinstance(rows, list) and rows:
            first[collection] = rows[0].get("id", "")


def walk_pages(browser: httpx2.Client, start: str, *, most: int) -> None:
    """Follow the links of pages, within what begins like the first."""
    waiting, known = [start], {start}
    while waiting and len(known) < most:
        page = browser.get(waiting.pop(0)).text
        for found in re.findall(r'href="(/[^"#?]*)"', page):
            if found.startswith(start) and found not in known and "logout" not in found:
                known.add(found)
                waiting.append(found)


def walk_flower(premises: Premises, password: str) -> None:
    """Read Flower's pages and its API."""
    seen = premises.evidence
    with httpx2.Client(base_url=premises.flower, auth=("flower", password), trust_env=False) as one:
        addresses = ["/", "/workers", "/tasks", "/broker", "/api/workers?refresh=1", "/metrics"]
        addresses += ["/api/tasks?limit=1000", "/api/queues/length", "/api/task/types"]
        answers = {address: one.get(address, timeout=30) for address in addresses}
        names = list(answers["/api/workers?refresh=1"].json())
        tasks = answers["/api/tasks?limit=1000"].json()
        addresses = [f"/worker/{name}" for name in names]
        addresses += [f"/task/{pk}" for pk in list(tasks)[:20]]
        answers |= {address: one.get(address, timeout=30) for address in addresses}
    assert {answer.status_code for answer in answers.values()} == {200}
    seen.add("flower", (answer.text for answer in answers.values()))
    seen.add("task arguments", (json.dumps(task) for task in tasks.values()))
