"""Clients of a fake server that hurry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from evalsite_client import Client, Retries
from tests.client.fake_server import FakeServer, Respond, serving

KEY = "ev_live_3f9a_NoBodyMayEverSeeThisKeyAnywhere"
QUICK = Retries(first=0.001)
Serve = Callable[[Respond], FakeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start fake servers that end with the test."""
    with ExitStack() as stack:
        yield lambda respond: stack.enter_context(serving(respond))


@pytest.fixture
def connect(serve: Serve) -> Iterator[Callable[[Respond], tuple[Client, FakeServer]]]:
    """Start a fake server, and a client of it."""
    with ExitStack() as stack:

        def both(respond: Respond) -> tuple[Client, FakeServer]:
            fake = serve(respond)
            client = Client(fake.url, api_key=KEY, retries=QUICK)
            return stack.enter_context(client), fake

        yield both
