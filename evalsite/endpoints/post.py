"""POST to an endpoint, and to nothing else: names are resolved here, and every address is checked.

A name is asked for before the first request and again every minute; libcurl is told the addresses,
and each is checked once more where its socket is made. TLS keeps the name.
"""

from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import ip_address
from typing import Any, Final

from evalsite.endpoints.addresses import may_call, plain_host
from evalsite.endpoints.guard import (
    REDIRECTS,
    EndpointBlocked,
    Redirected,
    allowed,
    block,
    check_url,
    require,
)
from evalsite.endpoints.models import Endpoint
from judges.post import Answer, Poster, Unreached

# So long a name's addresses are believed.
_FRESH_S: Final = 60.0


class EndpointPoster(Poster):
    """Posts to the origin of one endpoint, for one event loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        url = check_url(endpoint.base_url)
        # As libcurl takes it: in lower case, escaped, without the port that goes without saying.
        self.base_url = str(url)
        self._home = str(url.origin())
        self._spelt = url.raw_host or ""
        self._host, self._port = plain_host(self._spelt), url.port or 0
        self._lookup: asyncio.Task[None] | None = None
        self._fresh_until = float("inf") if _is_address(self._host) else 0.0

    async def post(self, url: str, body: bytes, **how: Any) -> Answer:
        """Do what any Poster does.

        Raises EndpointBlocked for another origin or a forbidden address, and Redirected.
        """
        if not url.startswith(f"{self._home}/"):
            block(self._host, port=self._port)
        if time.monotonic() > self._fresh_until:
            await self._resolved(within=how["timeout_s"])
        try:
            answer = await super().post(url, body, **how)
        except Unreached:
            if self.pins:  # its server may have moved
                self._fresh_until = 0.0
            raise
        if answer.status in REDIRECTS:
            raise Redirected(f"{self._home} answered with a redirect ({answer.status})")
        return answer

    def refusal(self, address: str, port: int) -> Exception | None:
        """Check the address of a socket that is about to be made: a literal is never resolved."""
        if may_call(self._host, ip_address(address), port=port, allowed=allowed()):
            return None
        return EndpointBlocked(f"{self._host} port {port} may not be called")

    async def _resolved(self, *, within: float) -> None:
        """Wait for the one lookup that all wait for, which goes on for others who have longer."""
        if self._lookup is None or self._lookup.done():
            self._lookup = asyncio.create_task(self._resolve())
        try:
            async with asyncio.timeout(within):
                await asyncio.shield(self._lookup)
        except TimeoutError:
            raise Unreached(f"the addresses of {self._host} were not found in time") from None

    async def _resolve(self) -> None:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self._spelt, self._port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise Unreached(f"{self._host} has no address: {error}") from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        require(self._host, addresses, port=self._port)
        self.pins = (f"{self._spelt}:{self._port}:{','.join(map(_bracketed, addresses))}",)
        self._fresh_until = time.monotonic() + _FRESH_S


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
