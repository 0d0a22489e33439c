"""Know what a model has replied before: the same question is paid for once.

A reply is found by all that matters to it: where it was asked, the model, the parameters, the
judge's own key, and the repetition, so that repetitions stay real. Errors are never kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from evalsite.calls.models import Reply
from judges.models import ChatReply, ChatRequest, Usage, cache_key

_WRITE = """
    INSERT INTO calls_reply (id, tenant_id, key, model, text, tool_calls, tokens_in, tokens_out,
                             created_at)
    SELECT gen_random_uuid(), app.tenant_id(), r.*, now() FROM jsonb_to_recordset(%s::jsonb)
        AS r (key text, model text, text text, tool_calls jsonb, tokens_in int, tokens_out int)
    ORDER BY r.key
    ON CONFLICT (tenant_id, key) DO UPDATE SET model = excluded.model, text = excluded.text,
        tool_calls = excluded.tool_calls, tokens_in = excluded.tokens_in,
        tokens_out = excluded.tokens_out, created_at = excluded.created_at
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A reply under its key, without what is only true of the call that brought it."""

    key: str
    model: str
    text: str
    tool_calls: Sequence[Any]
    tokens_in: int | None
    tokens_out: int | None

    @classmethod
    def of(cls, key: str, reply: ChatReply) -> Known:
        """Keep a reply."""
        usage = reply.usage
        return cls(
            key, usage.model, reply.text, list(reply.tool_calls), usage.tokens_in, usage.tokens_out
        )

    def reply(self) -> ChatReply:
        """Give the reply again: it cost its money before, so it costs none now."""
        usage = Usage(
            model=self.model,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            cost_usd=0.0,
            latency_ms=0.0,
            cached=True,
        )
        return ChatReply(text=self.text, usage=usage, tool_calls=self.tool_calls)


def reply_key(request: ChatRequest, *, base_url: str, model: str, repetition: int) -> str:
    """Answer the key of a request's reply, or an empty one where it must not be kept."""
    if not request.key:
        return ""
    return cache_key(
        base_url=base_url,
        model=model,
        parameters=dict(request.parameters),
        request=request.key,
        repetition=repetition,
    )


def recall(keys: Sequence[str]) -> list[Known | None]:
    """Answer what is known for each key, in their order."""
    fields = ("key", "model", "text", "tool_calls", "tokens_in", "tokens_out")
    rows = Reply.objects.filter(key__in=set(keys)).values_list(*fields)
    found = {row[0]: Known(*row) for row in rows}
    return [found.get(key) for key in keys]


def keep(replies: Iterable[Known]) -> None:
    """Write replies; one that is there already is replaced."""
    newest = {reply.key: reply for reply in replies}
    if newest:
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [orjson.dumps(list(newest.values())).decode()])
