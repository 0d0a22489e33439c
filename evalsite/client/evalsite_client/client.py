"""The two clients: `Client` waits, `AsyncClient` is awaited; all they can do is the same."""

from __future__ import annotations

from typing import Self

import httpx2
from pydantic import SecretStr

from evalsite_client.retry import Retries
from evalsite_client.rooms.batches import Batches, Comparisons
from evalsite_client.rooms.experiments import Experiments
from evalsite_client.rooms.gates import Gates
from evalsite_client.rooms.rows import Rows
from evalsite_client.rooms.runs import Runs, Targets
from evalsite_client.rooms.suites import Cases, Suites
from evalsite_client.senders import AsyncSender, SyncSender, options
from evalsite_client.verbs import Room, S


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
