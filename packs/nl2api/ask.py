"""How nl2api asks a chat model, and what its reply is as an output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from judges.toolschema import as_json_schema
from packs.asking import Question, user_message, wire_tool


def question(input: Any) -> Question:
    """Give the messages, or the query as one, and the case's tools with plain JSON Schema."""
    messages = list(input.get("messages") or ())
    if input.get("query"):
        messages.append(user_message(input["query"]))
    tools = [
        wire_tool(
            tool["name"],
            description=str(tool.get("description") or ""),
            parameters=as_json_schema(tool.get("parameters") or {}),
        )
        for tool in input.get("tools") or ()
    ]
    return Question(messages=messages, tools=tools)


def output(text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Give calls and answer; the response is the result of the last call that was executed."""
    given: dict[str, Any] = {"calls": [dict(call) for call in calls]}
    results = [call["result"] for call in calls if "result" in call and not call.get("error")]
    if results:
        given["response"] = results[-1]
    if text:
        given["answer"] = text
    return given
