"""Keep one comment on a pull request up to date: found again by a marker that nobody sees."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx2
from pydantic import SecretStr

from evalsite_client.commands.say import OK, USAGE, say, tell
from evalsite_client.describe import json_body, parse, place
from evalsite_client.errors import FileUnfit
from evalsite_client.retry import Retries, send
from evalsite_client.senders import SecretHeader, SyncSender, transport
from evalsite_client.steps import Flow, Request

_API: Final = "https://api.github.com"
_PULL: Final = re.compile(r"refs/pull/(\d+)/")
_NAME: Final = re.compile(r"[\w.-]{1,100}")
_PAGE: Final = 100
# GitHub takes 65,536 characters.
_LONGEST: Final = 60_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("--summary", type=Path, required=True, help="the Markdown to show")
    parser.add_argument("--name", default="gate", help="one comment is kept for each name")
    parser.add_argument("--pull", type=int, default=None, help="number, as GITHUB_REF tells it")


def run(given: argparse.Namespace) -> int:
    """Write the comment or change it; prints what was done. No pull request, no comment."""
    repository, number = os.environ.get("GITHUB_REPOSITORY", ""), given.pull or _pull()
    token = os.environ.get("GITHUB_TOKEN", "")
    if not number:
        say("no pull request: no comment")
        return OK
    if not repository or not token or not _NAME.fullmatch(given.name):
        say("GITHUB_REPOSITORY and GITHUB_TOKEN must be set, and --name be a plain word")
        return USAGE
    body = _body(given.summary, marker=f"<!-- evalsite:{given.name} -->")
    auth = SecretHeader(SecretStr(token), name="Authorization", scheme="Bearer ")
    base = os.environ.get("GITHUB_API_URL", _API).rstrip("/") + "/"
    with httpx2.Client(**transport(base, auth=auth)) as http:
        sender = SyncSender(http, retries=Retries())
        tell(sender.carry_out(_keep(place("repos", repository), number=number, body=body)))
    return OK


def _keep(repository: str, *, number: int, body: str) -> Flow[str]:
    """Change the comment that begins with the marker, or write the first one."""
    marker = body.partition("\n")[0]
    comments = place(repository, "issues", number, "comments")
    mine = yield from _find(comments, marker=marker)
    if mine is None:
        yield from send(_says(body, method="POST", path=comments), retries=Retries())
        return "created"
    path = place(repository, "issues", "comments", mine)
    yield from send(_says(body, method="PATCH", path=path), retries=Retries())
    return "updated"


def _find(comments: str, *, marker: str) -> Flow[int | None]:
    page = 1
    while True:
        params = {"per_page": str(_PAGE), "page": str(page)}
        asked = Request(method="GET", path=comments, params=params)
        rows = parse((yield from send(asked, retries=Retries())))
        for found in _own(rows, marker=marker):
            return found
        if len(rows) < _PAGE:
            return None
        page += 1


def _own(rows: list[Mapping[str, Any]], *, marker: str) -> Iterator[int]:
    """Yield the ids of a bot's comments with the marker: people may quote it."""
    for row in rows:
        by_bot = (row.get("user") or {}).get("type") == "Bot"
        if by_bot and str(row.get("body") or "").startswith(marker):
            yield int(row["id"])


def _says(body: str, *, method: str, path: str) -> Request:
    content = json_body({"body": body})
    return Request(method=method, path=path, body=content, safe_again=method == "PATCH")


def _body(summary: Path, *, marker: str) -> str:
    try:
        text = summary.read_text()
    except OSError as error:
        raise FileUnfit(f"{summary}: {error.strerror}") from None
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rpartition("\n")[0] + "\n\n(shortened; the job's page has it whole)"
    return f"{marker}\n{text}"


def _pull() -> int | None:
    found = _PULL.match(os.environ.get("GITHUB_REF", ""))
    return int(found[1]) if found else None
