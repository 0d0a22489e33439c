"""How a case's input becomes a question to a live system, and its reply an output.

A pack that can be asked over a chat has two more methods, `question` and `output`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from packs.protocol import Pack, PackError


class Question(NamedTuple):
    """What a chat model is told: messages, and the tools that it may call, as the wire has them."""

    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = ()


@runtime_checkable
class Asking(Protocol):
    """The part of a pack that live chat targets want.

    A call in `calls` has name and arguments and, once it was executed, result or error.
    """

    def question(self, input: Any) -> Question:
        """Give the question of a case from its validated input."""

    def output(self, text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give the pack's output from what the model said and the calls that it made."""


def asking(pack: Pack) -> Asking:
    """Give the pack as one that can be asked; raises PackError `pack_not_asking`."""
    if not isinstance(pack, Asking):
        raise PackError(
            f"The pack {pack.name!r} does not say how a chat model is asked.",
            code="pack_not_asking",
            hint="Ask the system over http, or give the pack the methods question and output.",
        )
    return pack


def user_message(content: Any) -> dict[str, str]:
    """Give one message of the user; what is no text is told as JSON."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return {"role": "user", "content": text}


def plain_calls(wire: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the calls of a reply as name and arguments.

    Arguments that are no JSON object stay as the text that they are: the pack judges that.
    """
    return [_plain(call.get("function") or {}) for call in wire]


def wire_tool(name: str, *, description: str = "", parameters: Any = None) -> dict[str, Any]:
    """Give a tool as the wire format has it."""
    schema = parameters or {"type": "object", "properties": {}}
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": schema},
    }


def _plain(function: Mapping[str, Any]) -> dict[str, Any]:
    given = function.get("arguments") or {}
    return {"name": str(function.get("name", "")), "arguments": _object_or_text(given)}


def _object_or_text(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        value = json.loads(given)
    except ValueError:
        return given
    return value if isinstance(value, dict) else given
