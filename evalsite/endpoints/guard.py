"""Keep calls to endpoints away from what only this machine can reach (SSRF).

A name is resolved once, every address it has is checked, and the connection goes to a checked
address, while TLS keeps the name. A session calls one origin, and follows no redirect.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, NoReturn

from evalsite.endpoints.addresses import Allowed, may_call, parse_allowed, plain_host
from evalsite.endpoints.models import Endpoint
from evalsite.env import SettingsInvalid, load
from evalsite.errors import EvalsiteError

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class EndpointBlocked(EvalsiteError):
    """The address is none that evalsite may call."""

    code = "endpoint_blocked"
    hint = "public addresses on ports 80 and 443; the operator allows others in OUTBOUND_ALLOW"
    exit_code = 2
    http_status = 422


class UrlRefused(EvalsiteError):
    """The text is no URL that an endpoint may have."""

    code = "endpoint_url_invalid"
    hint = "such as https://api.example.org/v1: no user, password, query or fragment"
    exit_code = 2
    http_status = 422


class Redirected(EvalsiteError):
    """The endpoint answered with a redirect, which is never followed."""

    code = "endpoint_redirected"
    hint = "set the URL that it redirects to as the endpoint's own"


def check_url(text: str) -> URL:
    """Answer the URL of an endpoint; raises UrlRefused, and EndpointBlocked where it shows.

    A host name is not resolved here: that happens once, when it is called.
    """
    url = _parse(text)
    host, port = plain_host(url.raw_host or ""), url.port or 0
    if host == "localhost" or host.endswith(".localhost"):
        require(host, ["127.0.0.1", "::1"], port=port)
    try:
        literal = str(ip_address(host))
    except ValueError:
        return url
    require(host, [literal], port=port)
    return url


def origin(text: str) -> str:
    """Answer scheme, host and port of a URL; raises UrlRefused."""
    return str(_parse(text).origin())


def open_session(endpoint: Endpoint) -> aiohttp.ClientSession:
    """Open a session that reaches this endpoint's origin only; wanted is a running event loop.

    What it calls raises EndpointBlocked, Redirected or UrlRefused beside aiohttp's own errors.
    Proxies and passwords in the environment are ignored, and no cookie is kept.
    """
    import aiohttp

    url = check_url(endpoint.base_url)
    host, port = plain_host(url.raw_host or ""), url.port or 0
    connector = aiohttp.TCPConnector(
        resolver=_resolver(host, port=port),
        socket_factory=_socket_factory(host),
        limit=endpoint.parallel,
        use_dns_cache=False,
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=endpoint.timeout_s),
        middlewares=(_stay_at(url.origin()),),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


def allowed() -> tuple[Allowed, ...]:
    """Read what the operator allows beside public addresses; raises SettingsInvalid."""
    try:
        return _parsed(tuple(load().outbound_allow))
    except ValueError as error:
        raise SettingsInvalid(f"OUTBOUND_ALLOW: {error}") from None


@lru_cache(maxsize=4)
def _parsed(entries: tuple[str, ...]) -> tuple[Allowed, ...]:
    """Read the operator's list once: each new connection asks for it."""
    return parse_allowed(entries)


def _parse(text: str) -> URL:
    from yarl import URL

    if any(mark.isspace() or not mark.isprintable() or mark == "\\" for mark in text):
        raise UrlRefused("the URL has a space, a backslash or a control character")
    try:
        url = URL(text)
        port = url.port
    except ValueError:
        raise UrlRefused("the URL cannot be read") from None
    # What it says is not repeated: it may be a password.
    if url.scheme not in ("http", "https") or not url.raw_host or not port:
        raise UrlRefused("the URL does not begin with http:// or https:// and a host")
    if url.raw_user is not None or url.raw_password is not None or "@" in url.raw_authority:
        raise UrlRefused("the URL has a user or password in it")
    if "%" in url.raw_host:
        raise UrlRefused("the URL's host has a percent sign in it")
    if not _is_canonical(plain_host(url.raw_host)):
        raise UrlRefused("the URL's host is a number, but no address in the usual spelling")
    if "?" in text or "#" in text:
        raise UrlRefused("the URL has a query or fragment")
    return url


def _is_canonical(host: str) -> bool:
    """Answer whether a host that ends in a number is an address as everybody spells it."""
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return True
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def require(host: str, addresses: Sequence[str], *, port: int) -> None:
    """Raise EndpointBlocked unless every address may be called."""
    operators = allowed()
    for text in addresses:
        if not may_call(host, ip_address(text), port=port, allowed=operators):
            block(host, port=port)


def block(host: str, *, port: int) -> NoReturn:
    raise EndpointBlocked(f"{host} port {port} may not be called")


def _resolver(host: str, *, port: int) -> aiohttp.abc.AbstractResolver:
    from aiohttp.abc import AbstractResolver, ResolveResult

    class CheckingResolver(AbstractResolver):
        """Resolves the endpoint's host, and nothing that has one forbidden address."""

        async def resolve(self, *place: Any, **options: Any) -> list[ResolveResult]:
            asked, asked_port = place
            if plain_host(asked) != host or asked_port != port:
                block(asked, port=asked_port)
            found = await asyncio.get_running_loop().getaddrinfo(
                asked, asked_port, type=socket.SOCK_STREAM, **options
            )
            require(host, [str(info[4][0]) for info in found], port=port)
            return [
                ResolveResult(
                    hostname=asked,
                    host=str(info[4][0]),
                    port=asked_port,
                    family=info[0],
                    proto=info[2],
                    flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
                )
                for info in found
            ]

        async def close(self) -> None:
            """Have nothing to close."""

    return CheckingResolver()


def _socket_factory(host: str) -> Any:
    """Check each address once more where the socket is made: a literal is never resolved."""

    def make(place: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = place
        require(host, [str(address[0])], port=int(address[1]))
        return socket.socket(family, kind, protocol)

    return make


def _stay_at(home: URL) -> Any:
    async def stay(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        if request.url.origin() != home:
            block(str(request.url.host), port=request.url.port or 0)
        response: aiohttp.ClientResponse = await handler(request)
        if response.status in REDIRECTS:
            response.close()
            raise Redirected(f"{home} answered with a redirect ({response.status})")
        return response

    return stay
