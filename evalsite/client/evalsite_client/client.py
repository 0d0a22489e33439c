"""The two clients: `Client` waits, `AsyncClient` is awaited; all they can do is the same."""

from __future__ import annotations

from typing import Any, Self

import httpx2
from pydantic import SecretStr

from evalsite_client.describe import Ref, get, place, post
from evalsite_client.models import Batch, Entry, Evaluation, Me, Standing
from evalsite_client.retry import Retries
from evalsite_client.rooms.batches import Batches, Comparisons, until_over
from evalsite_client.rooms.experiments import Experiments
from evalsite_client.rooms.gates import Gates
from evalsite_client.rooms.rows import Rows
from evalsite_client.rooms.runs import Runs, Targets
from evalsite_client.rooms.suites import Cases, Suites
from evalsite_client.senders import AsyncSender, SyncSender, options
from evalsite_client.steps import Flow
from evalsite_client.verbs import Room, S, verb


class Rooms(Room[S]):
    """All calls, by what they are about."""

    def __init__(self, sender: S) -> None:
        super().__init__(sender)
        self.suites = Suites(sender)
        self.cases = Cases(sender)
        self.targets = Targets(sender)
        self.runs = Runs(sender)
        self.batches = Batches(sender)
        self.comparisons = Comparisons(sender)
        self.gates = Gates(sender)
        self.experiments = Experiments(sender)

    @verb
    def me(self) -> Flow[Me]:
        """Answer who the key is, and what it may do."""
        return self.ask(get("me"), Me)

    @verb
    def look(self, /, path: str, **params: Any) -> Flow[Entry]:
        """Read an address that answers one thing, such as `usage`, `trends` or `leaderboard`."""
        return self.ask(get(path, **params), Entry)

    @verb
    def wait(self, batch: Ref, *, timeout: float = 3600.0) -> Flow[Batch]:
        """Answer the batch once it is finished, cancelled or paused; raises WaitedTooLong."""
        return until_over(self, batch, timeout=timeout)

    @verb
    def evaluate(self, run: Ref, *, timeout: float = 3600.0) -> Flow[Evaluation]:
        """Have a completed run evaluated as its target has it set, and wait for what came of it."""
        asked = yield from self.ask(post(place("runs", run, "evaluate")), Standing)
        if asked.batch is not None:
            yield from until_over(self, asked.batch, timeout=timeout)
        return (yield from self.ask(get(place("runs", run, "evaluation")), Evaluation))

    def rows(self, path: str) -> Rows[S]:
        """Answer the calls of an address that has none of its own, such as `alerts`."""
        return Rows(self.sender, path=path)


class Client(Rooms[SyncSender]):
    """Talks to an evalsite server and waits for it.

    `url` and `api_key` are taken from EVALSITE_URL and EVALSITE_API_KEY where they are not given.
    `timeout` is the longest silence of the server, in seconds. Raises KeyMissing and UrlMissing.
    """

    def __init__(
        self,
        url: str = "",
        *,
        api_key: str | SecretStr | None = None,
        timeout: float = 60.0,
        retries: Retries | None = None,
    ) -> None:
        http = httpx2.Client(**options(url, api_key=api_key, timeout=timeout))
        super().__init__(SyncSender(http, retries=retries or Retries()))

    def close(self) -> None:
        """Close the connections."""
        self.sender.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.sender.http.base_url.host!r})"


class AsyncClient(Rooms[AsyncSender]):
    """Talks to an evalsite server and is awaited; made as `Client` is."""

    def __init__(
        self,
        url: str = "",
        *,
        api_key: str | SecretStr | None = None,
        timeout: float = 60.0,
        retries: Retries | None = None,
    ) -> None:
        http = httpx2.AsyncClient(**options(url, api_key=api_key, timeout=timeout))
        super().__init__(AsyncSender(http, retries=retries or Retries()))

    async def close(self) -> None:
        """Close the connections."""
        await self.sender.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self.sender.http.base_url.host!r})"
