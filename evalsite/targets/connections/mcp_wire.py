"""Carry the MCP client's requests over the guarded session, which alone may call outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from evalsite.calls.interrupt import Interrupted
from evalsite.errors import EvalsiteError
from evalsite.targets.connections.reach import Reach
from evalsite.targets.connections.reply import TargetFailed
from judges.guard import Crash, attempt_later
from judges.models import Halt
from judges.protocol import VerdictError

if TYPE_CHECKING:
    import httpx2
    from mcp import Client

LONGEST_STREAM: Final = 16 * 2**20
Ended = VerdictError | EvalsiteError | Halt | Interrupted | None

# The session undoes compression, and the length changes with it.
_NOT_PASSED: Final = frozenset(("content-encoding", "content-length", "transfer-encoding"))


class McpMissing(EvalsiteError):
    """The package for MCP servers is not installed."""

    code = "mcp_missing"
    hint = "on each worker: pip install 'mcp>=2,<3'"


async def connected(reach: Reach, talk: Callable[[Client], Awaitable[None]]) -> Ended:
    """Connect to the server and let `talk` have it; answers what `talk` raised, if anything.

    Raises TargetFailed where the server fails, and McpMissing.
    """
    try:
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client
    except ImportError:
        raise McpMissing("the package mcp is not installed") from None
    timeout_s = reach.place.endpoint.timeout_s
    async with _http_client(reach) as http:
        transport = streamable_http_client(reach.place.endpoint.base_url, http_client=http)
        client = Client(transport, read_timeout_seconds=timeout_s, cache=None)
        ended = await attempt_later(_run(client, talk))
    if isinstance(ended, Crash):
        why = reach.place.hide(ended.reason)
        raise TargetFailed(f"The MCP server cannot be used: {why}", code="target_unreachable")
    return ended


async def _run(client: Client, talk: Callable[[Client], Awaitable[None]]) -> Ended:
    """Talk, and give what it raised: through the client's task groups it would come as a group."""
    try:
        return await _talk(client, talk)
    except BaseExceptionGroup as group:
        raise _first(group) from group


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Give the first error in a group of groups: what went wrong, and not where."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _talk(client: Client, talk: Callable[[Client], Awaitable[None]]) -> Ended:
    from mcp import MCPError

    ended: Ended = None
    async with client:
        try:
            await talk(client)
        except (VerdictError, EvalsiteError, Halt, Interrupted) as error:
            ended = error
        except MCPError as error:
            ended = TargetFailed(f"The server answered: {error}", code="target_failed")
    return ended


def _http_client(reach: Reach) -> httpx2.AsyncClient:
    import httpx2

    secret = reach.place.secret
    headers = {"Authorization": f"Bearer {secret.get_secret_value()}"} if secret else {}
    return httpx2.AsyncClient(transport=_transport(reach), headers=headers, trust_env=False)


def _transport(reach: Reach) -> httpx2.AsyncBaseTransport:
    import aiohttp
    import httpx2

    # A server may keep a stream open for as long as it likes, if it says something now and then.
    seconds = reach.place.endpoint.timeout_s
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=seconds, sock_read=seconds)

    class Body(httpx2.AsyncByteStream):
        """The body of a reply, as it comes in."""

        def __init__(self, response: aiohttp.ClientResponse) -> None:
            self._response = response

        async def __aiter__(self) -> AsyncIterator[bytes]:
            n_bytes = 0
            async for piece in self._response.content.iter_any():
                n_bytes += len(piece)
                if n_bytes > LONGEST_STREAM:
                    raise httpx2.ReadError(f"the stream is longer than {LONGEST_STREAM} bytes")
                yield piece

        async def aclose(self) -> None:
            self._response.close()

    class GuardedTransport(httpx2.AsyncBaseTransport):
        """httpx2's transport, made of the guarded session."""

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            headers: dict[str, Any] = dict(request.headers)
            headers.pop("host", None)
            headers["accept-encoding"] = "identity"
            response = await reach.session.request(
                request.method,
                str(request.url),
                data=await request.aread(),
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
            )
            kept = [(k, v) for k, v in response.headers.items() if k.lower() not in _NOT_PASSED]
            return httpx2.Response(response.status, headers=kept, stream=Body(response))

    return GuardedTransport()
