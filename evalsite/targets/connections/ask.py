"""Ask a live target for one case: whatever comes of it is a reply that can be recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from evalsite.cases.strict_json import check
from evalsite.errors import EvalsiteError
from evalsite.targets.connections import chat, function, http, mcp
from evalsite.targets.connections.kinds import ChatConnection, Connection, McpConnection
from evalsite.targets.connections.reach import Reach
from evalsite.targets.connections.reply import Given, Reply, TargetFailed
from judges.guard import Crash, attempt_later
from judges.models import Usage, metered
from packs.asking import asking
from packs.protocol import Pack
from packs.validate import normalise

_ASKS: Final[Mapping[str, Callable[..., Awaitable[Given]]]] = {
    "chat": chat.ask,
    "http": http.ask,
    "mcp": mcp.ask,
    "callable": function.ask,
}
_LONGEST_ERROR: Final = 500


def require_askable(connection: Connection, pack: Pack) -> None:
    """Check before anything runs that the pack can ask so; raises PackError."""
    if isinstance(connection, ChatConnection | McpConnection):
        asking(pack)


async def ask(connection: Connection, input: Any, *, pack: Pack, reach: Reach | None) -> Reply:
    """Ask once. A failure is the reply's error, as code and message; only Halt is raised."""
    with metered() as spent:
        given = await attempt_later(_ask(connection, input, pack=pack, reach=reach))
    if isinstance(given, Crash):
        return Reply(error=_error(given, reach=reach), **_figures(spent))
    return Reply(output=given.output, latency_ms=given.latency_ms, **_figures(given.usage))


async def _ask(connection: Connection, input: Any, *, pack: Pack, reach: Reach | None) -> Given:
    """Do so and check the output by the pack's schema, and that it can be kept."""
    try:
        given = await _ASKS[connection.kind](connection, input, pack=pack, reach=reach)
        seen = given.output if reach is None else reach.place.hide_in(given.output)
        output = check(normalise(pack.Output, seen, at="output"))
    except EvalsiteError as error:
        raise TargetFailed(error.message, code=error.code) from error
    return Given(output=output, latency_ms=given.latency_ms, usage=given.usage)


def _figures(spent: Sequence[Usage]) -> dict[str, Any]:
    """Add up what the calls took; one unknown makes the sum unknown."""
    return {
        name: _sum([getattr(usage, name) for usage in spent])
        for name in ("tokens_in", "tokens_out", "cost_usd")
    }


def _sum(figures: list[Any]) -> Any:
    return sum(figures) if figures and None not in figures else None


def _error(crash: Crash, *, reach: Reach | None) -> str:
    """Answer the error as it is kept: without the secret, and what PostgreSQL cannot keep."""
    if crash.code == "plugin_crashed":
        crash = Crash("target_crashed", crash.reason)
    text = f"{crash.code}: {crash.reason}".replace("\x00", "\ufffd")
    text = text.encode("utf-8", "replace").decode()
    return (text if reach is None else reach.place.hide(text))[:_LONGEST_ERROR]
