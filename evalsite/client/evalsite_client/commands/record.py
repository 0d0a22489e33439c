"""Record a file of outputs as a run."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from evalsite_client.client import Client
from evalsite_client.commands.commit import current_commit
from evalsite_client.commands.say import EMPTY, OK, say, tell
from evalsite_client.errors import FileUnfit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Name the arguments."""
    parser.add_argument("file", help="JSON lines, plain or .gz; - for standard input")
    parser.add_argument("--suite", required=True, help="the suite whose cases were answered")
    parser.add_argument("--run", required=True, help="name of the run; it is opened if need be")
    parser.add_argument("--target", default="", help="system under test; the suite's name if left")
    parser.add_argument("--client-type", default="")
    parser.add_argument("--client-version", default="")
    parser.add_argument("--commit", default="", help="as CI or git names it, if left out")
    parser.add_argument("--complete", action="store_true", help="no more answers will come")


def run(client: Client, given: argparse.Namespace) -> int:
    """Record the file, all or nothing; prints the run's id."""
    opened = client.runs.create(
        name=given.run,
        target=given.target or given.suite,
        client_type=given.client_type or None,
        client_version=given.client_version or None,
        commit=given.commit or current_commit() or None,
    )
    with _lines(given.file) as rows:
        recorded = client.runs.record(rows, run=opened.id, suite=given.suite)
    if given.complete:
        client.runs.complete(opened.id)
    counts = f"{recorded.new} new, {recorded.changed} changed, {recorded.unchanged} unchanged"
    say(f"run {opened.name}: {counts}")
    tell(str(opened.id))
    return OK if recorded.n else EMPTY


@contextmanager
def _lines(place: str) -> Iterator[Iterator[dict[str, Any]]]:
    if place == "-":
        yield _parsed(sys.stdin.buffer)
        return
    if not os.access(place, os.R_OK):
        raise FileUnfit(f"{place} cannot be read")
    with gzip.open(place) if place.endswith(".gz") else open(place, "rb") as file:
        yield _parsed(file)


def _parsed(file: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                raise FileUnfit(f"line {number} is no JSON") from None
