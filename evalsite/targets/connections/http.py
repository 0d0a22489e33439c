"""Ask a service over plain HTTP: a template filled, one request, JSON back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote

import orjson

from evalsite.cases.strict_json import JsonRefused, parse
from evalsite.endpoints.guard import Redirected
from evalsite.targets.connections.json_path import NothingThere, pick, pick_fields
from evalsite.targets.connections.kinds import HttpConnection, UsagePaths
from evalsite.targets.connections.reach import Reach
from evalsite.targets.connections.reply import Given, Stopwatch, TargetFailed
from evalsite.targets.connections.template import fill, fill_text
from judges.models import Usage
from judges.trouble import RateLimited, retry_after
from packs.protocol import Pack

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

TOO_MANY: Final = 429
LONGEST_REPLY: Final = 4 * 2**20
_LONGEST_TOLD: Final = 300
# What may stand in a path as it is; % because what was filled in is quoted already.
_IN_PATHS: Final = "/%:@!$&'()*+,;=~"
_MOST_TOKENS: Final = 2**31 - 1


async def ask(connection: HttpConnection, input: Any, *, pack: Pack, reach: Reach | None) -> Given:
    """Send the filled request and pick the output's fields out of the reply.

    Raises TargetFailed, NothingThere and Halt.
    """
    if reach is None:
        raise TargetFailed("There is no session.", code="target_unreachable")
    filled = _fill(connection, input, reach=reach)
    raw, latency_ms = await reach.visitor.visit(lambda: _send(connection, filled, reach=reach))
    try:
        body = parse(raw)
    except JsonRefused as error:
        raise TargetFailed(f"The reply: {error.message}", code="target_reply_invalid") from None
    usage = [_usage(body, connection.usage)] if connection.usage else []
    output = pick_fields(body, connection.output)
    return Given(output=output, latency_ms=latency_ms, usage=usage)


@dataclass(frozen=True, slots=True)
class _Filled:
    """A request with all its places filled."""

    url: URL
    headers: dict[str, str] = field(repr=False)
    body: bytes | None


def _fill(connection: HttpConnection, input: Any, *, reach: Reach) -> _Filled:
    from yarl import URL

    url = URL(reach.base_url + _path(connection, input), encoded=True)
    query = {name: fill_text(value, input) for name, value in connection.query.items()}
    body = None if connection.body is None else orjson.dumps(fill(connection.body, input))
    headers = _headers(connection, input, reach=reach)
    return _Filled(url.with_query(query) if query else url, headers, body)


async def _send(
    connection: HttpConnection, filled: _Filled, *, reach: Reach
) -> tuple[bytes, float]:
    """Answer the reply's bytes, and how many milliseconds it took."""
    import aiohttp

    watch = Stopwatch()
    try:
        async with reach.session.request(
            connection.method,
            filled.url,
            data=filled.body,
            headers=filled.headers,
            allow_redirects=False,
        ) as response:
            raw = await _all(response)
            latency_ms = watch.ms()
    except TimeoutError:
        seconds = reach.place.endpoint.timeout_s
        raise TargetFailed(f"No reply within {seconds:g} s.", code="target_timeout") from None
    except Redirected as error:
        raise TargetFailed(error.message, code=error.code) from None
    except (aiohttp.ClientError, OSError) as error:
        why = reach.place.hide(f"{type(error).__name__}: {error}")[:_LONGEST_TOLD]
        told = f"The target does not answer: {why}"
        raise TargetFailed(told, code="target_unreachable") from None
    if response.status not in connection.statuses:
        # Cut afterwards: of a secret that is cut through, the beginning would stay.
        told = reach.place.hide(raw.decode("utf-8", "replace"))[:_LONGEST_TOLD].strip()
        _refuse(response, told=told)
    return raw, latency_ms


def _refuse(response: aiohttp.ClientResponse, *, told: str) -> NoReturn:
    """Raise TargetFailed, or RateLimited, for a status that is none of those expected."""
    message = f"The target answered {response.status}: {told}"
    if response.status == TOO_MANY:
        raise RateLimited(message, retry_after=retry_after(response.headers))
    if response.status >= 500:
        raise TargetFailed(message, code="target_failed")
    raise TargetFailed(message, code="target_status")


async def _all(response: aiohttp.ClientResponse) -> bytes:
    pieces = bytearray()
    async for piece in response.content.iter_any():
        pieces += piece
        if len(pieces) > LONGEST_REPLY:
            raise TargetFailed(
                f"The reply is longer than {LONGEST_REPLY} bytes.", code="target_reply_invalid"
            )
    return bytes(pieces)


def _usage(body: Any, paths: UsagePaths) -> Usage:
    return Usage(
        model="",
        tokens_in=_count(body, paths.tokens_in),
        tokens_out=_count(body, paths.tokens_out),
        cost_usd=_money(body, paths.cost_usd),
    )


def _count(body: Any, path: str | None) -> int | None:
    value = _found(body, path)
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else None


def _money(body: Any, path: str | None) -> float | None:
    value = _found(body, path)
    return float(value) if type(value) in (int, float) and value >= 0 else None


def _found(body: Any, path: str | None) -> Any:
    try:
        return pick(body, path) if path else None
    except NothingThere:
        return None


def _path(connection: HttpConnection, input: Any) -> str:
    """Fill the path; what is filled in can be no part of it that leads elsewhere."""
    path = fill_text(connection.path, input, quote=lambda text: quote(text, safe=""))
    if {".", ".."} & set(path.split("/")):
        raise TargetFailed("A part of the path would be a dot.", code="target_input_invalid")
    return quote(path, safe=_IN_PATHS)


def _headers(connection: HttpConnection, input: Any, *, reach: Reach) -> dict[str, str]:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    for name, template in connection.headers.items():
        value = fill_text(template, input)
        if not value.isprintable():
            raise TargetFailed(f"The header {name} is not printable.", code="target_input_invalid")
        headers[name] = value
    if reach.place.secret is not None:
        known = reach.place.secret.get_secret_value()
        headers[connection.secret_header] = connection.secret_prefix + known
    return headers
