"""What a model was asked about one case, built again as its batch built it, and what it replied.

Prompts are not kept: they follow from the case, the answer and what the batch froze. Replies are
found where known ones are kept, by the same key; some were never kept, or were purged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from evalsite.calls.place import chat_endpoint
from evalsite.calls.remember import recall, reply_key
from evalsite.endpoints.models import RESERVED
from evalsite.endpoints.seal import mark_key
from evalsite.scoring.models import Scorecard
from evalsite.scoring.stage import evaluator_of
from judges.fence import sealed_with
from judges.mock import MockModel
from judges.models import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    EmbedRequest,
    ModelError,
    Usage,
    calling,
)

# A repair is asked only after the reply before it is known.
_ROUNDS: Final = 2


class Asked(NamedTuple):
    """One question: its messages (role and content), and the raw reply, None where not kept."""

    messages: Sequence[Any]
    model: str
    reply: str | None


def asked_of(card: Scorecard, *, stage: str, answer: Any) -> list[Asked]:
    """Answer what one stage asked about an answer; nobody is asked, and nothing is written.

    Where no reply is kept, what was asked first is told. Raises ManifestChanged, PackError or
    JudgeError where the batch's judge is not at hand, and EndpointUnknown.
    """
    replay = _Replay(card.repetition)
    for _ in range(_ROUNDS):
        replay.asked.clear()
        with calling(replay), sealed_with(mark_key()):
            evaluator_of(card.batch_id).score(
                input=card.revision.input,
                expected=card.revision.expected,
                output=answer,
                stages=[stage],
            )
        if not replay.learn():
            break
    asked = [Asked(r.messages, r.model, replay.reply(r)) for r in replay.asked]
    return [one for one in asked if one.reply is not None] or asked[:1]


class _Replay:
    """A Caller that replies what is known, and notes what is not."""

    def __init__(self, repetition: int) -> None:
        self.asked: list[ChatRequest] = []
        self._repetition = repetition
        self._known: dict[str, str] = {}

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Reply what is known; an unknown reply is empty, which is no verdict."""
        if request.endpoint == RESERVED and request.key not in self._known:
            self._known[request.key] = (await MockModel().chat(request)).text
        self.asked.append(request)
        return ChatReply(text=self.reply(request) or "", usage=Usage(model=request.model))

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        """Refuse."""
        raise ModelError("nothing is embedded to be shown", code="model_unconfigured")

    def reply(self, request: ChatRequest) -> str | None:
        """Answer what is known of it."""
        return self._known.get(request.key)

    def learn(self) -> bool:
        """Look up what was asked and not known; answer whether something was found."""
        unknown = [one for one in self.asked if one.key and one.key not in self._known]
        found = recall([self._key(request) for request in unknown])
        fresh = {
            request.key: reply.text
            for request, reply in zip(unknown, found, strict=True)
            if reply is not None
        }
        self._known |= fresh
        return bool(fresh)

    def _key(self, request: ChatRequest) -> str:
        endpoint = chat_endpoint(request.endpoint)
        model = request.model or endpoint.default_model
        return reply_key(
            request, base_url=endpoint.base_url, model=model, repetition=self._repetition
        )
