"""Ask a chat model that has the tools of an MCP server; the server executes its calls."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from evalsite.cases.strict_json import JsonRefused, parse
from evalsite.targets.connections.chat import system_message
from evalsite.targets.connections.kinds import McpConnection
from evalsite.targets.connections.mcp_wire import connected
from evalsite.targets.connections.reach import Reach
from evalsite.targets.connections.reply import Given, Stopwatch, TargetFailed
from judges import models
from judges.models import ChatReply, ChatRequest, Usage
from packs.asking import Asking, asking, plain_calls, wire_tool
from packs.protocol import Pack

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult

MOST_PAGES: Final = 20
LONGEST_RESULT: Final = 2**20


async def ask(connection: McpConnection, input: Any, *, pack: Pack, reach: Reach | None) -> Given:
    """Ask until the model calls no more tools; raises ModelError, TargetFailed, PackError.

    Each case has a session of its own with the server, so that none sees what another left.
    """
    if reach is None:
        raise TargetFailed("There is no session.", code="target_unreachable")
    talk = _Talk(connection, asking(pack), input=input)
    ended = await reach.visitor.visit(lambda: connected(reach, talk.hold))
    if ended is not None:
        raise ended
    return Given(output=talk.output(), latency_ms=talk.latency_ms(), usage=talk.usage)


class _Talk:
    """The messages of one case, to and fro between model and server."""

    def __init__(self, connection: McpConnection, able: Asking, *, input: Any) -> None:
        self.usage: list[Usage] = []
        self._connection = connection
        self._able = able
        self._messages: list[Mapping[str, Any]] = [
            *system_message(connection.system),
            *able.question(input).messages,
        ]
        self._calls: list[dict[str, Any]] = []
        self._said = ""
        self._tools_ms = 0.0

    def latency_ms(self) -> float:
        """Add up what model and tools took, without what was waited for limits."""
        model = [usage.latency_ms for usage in self.usage]
        return sum((ms for ms in model if ms is not None), self._tools_ms)

    def output(self) -> dict[str, Any]:
        """Give the pack's output from all that was called and the last that was said."""
        return self._able.output(self._said, self._calls)

    async def hold(self, client: Client) -> None:
        """Let the model call tools until it has an answer, or its rounds are over."""
        tools = await _tools(client, only=self._connection.tools)
        offered = {tool["function"]["name"] for tool in tools}
        for _ in range(self._connection.rounds):
            reply = await self._ask_model(tools)
            self._said = reply.text
            if not reply.tool_calls:
                return
            self._messages.append(
                {"role": "assistant", "content": reply.text, "tool_calls": reply.tool_calls}
            )
            for wire, call in zip(reply.tool_calls, plain_calls(reply.tool_calls), strict=True):
                watch = Stopwatch()
                done = await _execute(client, call, offered=offered)
                self._tools_ms += watch.ms()
                self._calls.append(done)
                self._messages.append(_result_message(str(wire.get("id", "")), done))

    async def _ask_model(self, tools: Sequence[Mapping[str, Any]]) -> ChatReply:
        reply = await models.chat(
            ChatRequest(
                endpoint=self._connection.model_endpoint,
                model=self._connection.model,
                messages=tuple(self._messages),
                parameters=self._connection.parameters,
                tools=tools,
            )
        )
        self.usage.append(reply.usage)
        return reply


async def _tools(client: Client, *, only: Sequence[str] | None) -> list[dict[str, Any]]:
    """List the server's tools, or those that the connection names; raises TargetFailed."""
    found: dict[str, dict[str, Any]] = {}
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            found[tool.name] = wire_tool(
                tool.name, description=tool.description or "", parameters=tool.input_schema
            )
        cursor = page.next_cursor
        if not cursor:
            break
    if only is None:
        return list(found.values())
    if missing := sorted(set(only) - set(found)):
        told = ", ".join(missing)
        raise TargetFailed(f"The server has no tool {told}.", code="target_tool_missing")
    return [found[name] for name in only]


async def _execute(
    client: Client, call: dict[str, Any], *, offered: Collection[str]
) -> dict[str, Any]:
    """Execute one call; what went wrong with it is its result, as the model sees it too.

    A tool that was not offered is not called, whatever the server has.
    """
    if call["name"] not in offered:
        return {**call, "result": "there is no such tool", "error": True}
    if not isinstance(call["arguments"], dict):
        return {**call, "result": "the arguments are not a JSON object", "error": True}
    done = await client.call_tool(call["name"], call["arguments"])
    value = _value(done)
    return {**call, "result": value, **({"error": True} if done.is_error else {})}


def _value(done: CallToolResult) -> Any:
    """Give the structured result; without one, the text, read as JSON where it is JSON."""
    if done.structured_content is not None:
        return done.structured_content
    text = "\n".join(part.text for part in done.content if part.type == "text")
    if len(text) > LONGEST_RESULT:
        raise TargetFailed("A tool's result is too long.", code="target_reply_invalid")
    try:
        return parse(text.encode())
    except (JsonRefused, UnicodeEncodeError):
        return text


def _result_message(call_id: str, done: Mapping[str, Any]) -> dict[str, str]:
    result = done["result"]
    text = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    return {"role": "tool", "tool_call_id": call_id, "content": text}
