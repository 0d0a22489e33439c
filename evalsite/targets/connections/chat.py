"""Ask a chat model."""

from __future__ import annotations

from typing import Any

from evalsite.targets.connections.kinds import ChatConnection
from evalsite.targets.connections.reach import Reach
from evalsite.targets.connections.reply import Given
from judges import models
from judges.models import ChatRequest
from packs.asking import asking, plain_calls
from packs.protocol import Pack


async def ask(connection: ChatConnection, input: Any, *, pack: Pack, reach: Reach | None) -> Given:
    """Ask the case's question once; raises ModelError, and PackError where the pack cannot ask."""
    able = asking(pack)
    question = able.question(input)
    reply = await models.chat(
        ChatRequest(
            endpoint=connection.endpoint,
            model=connection.model,
            messages=[*system_message(connection.system), *question.messages],
            parameters=connection.parameters,
            tools=question.tools,
        )
    )
    return Given(
        output=able.output(reply.text, plain_calls(reply.tool_calls)),
        latency_ms=reply.usage.latency_ms,
        usage=[reply.usage],
    )


def system_message(text: str) -> list[dict[str, str]]:
    """Give the system's message, if there is one."""
    return [{"role": "system", "content": text}] if text else []
