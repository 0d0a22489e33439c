"""Asking a model: what is asked, what comes back, and who carries the question there.

A judge knows no network, key or limit: it asks, and whoever runs the judge has said who answers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

import orjson

from judges.protocol import JudgeError


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One question to a chat model.

    `endpoint` names one of the tenant's endpoints, empty means the default one. `schema` is the
    JSON Schema that the reply's text must fit. `key` is the hash of all that matters to the
    reply (see cache_key), without the random parts of the messages; empty means: never cached.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    endpoint: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    tools: Sequence[Mapping[str, Any]] = ()
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedRequest:
    """Texts to be embedded, each alone."""

    model: str
    texts: Sequence[str]
    endpoint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call took. An unknown figure is None, never 0; money is in US dollars."""

    model: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """What the model said; `tool_calls` are as the wire format has them."""

    text: str
    usage: Usage
    tool_calls: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedReply:
    """One vector per text, in the order of the texts."""

    vectors: Sequence[Sequence[float]]
    usage: Usage


class Ask(NamedTuple):
    """What a judge will ask for one case, told before, for a forecast.

    `calls` when all goes well, and `at_most` with repairs (0: the same); `prompt_bytes` is what it
    puts beside the case into each prompt; `max_tokens` is the longest reply, None if not bounded.
    """

    calls: int
    at_most: int = 0
    model: str = ""
    endpoint: str = ""
    prompt_bytes: int = 0
    max_tokens: int | None = None


class Caller(Protocol):
    """Carries questions to models: with what key, limit, cache and purse is its own matter."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer one chat request; raises ModelError, or Halt when no call may be made."""

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        """Answer one embedding request; raises as chat does."""


class ModelError(JudgeError):
    """A call to a model failed for good: `model_unreachable`, `model_timeout`, `model_refused`.

    `status` is that of HTTP, where an answer came.
    """

    status: int | None = None


class Halt(BaseException):
    """No call may be made now (money cap, broken endpoint): the case stays unjudged, for later.

    Not an Exception: it is no failure of a judge, and nothing may turn it into a verdict.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=repr)
_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)
_spent: ContextVar[list[Usage] | None] = ContextVar("spent", default=None)


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Let this caller carry every question that is asked inside the block."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


@contextmanager
def metered() -> Iterator[list[Usage]]:
    """Give the list in which every call made inside the block is noted."""
    spent: list[Usage] = []
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)


async def chat(request: ChatRequest) -> ChatReply:
    """Ask a chat model; raises ModelError, also `model_unconfigured` where nobody can be asked."""
    reply = await _present().chat(request)
    _note(reply.usage)
    return reply


async def embed(request: EmbedRequest) -> EmbedReply:
    """Ask for embeddings; raises as chat does."""
    reply = await _present().embed(request)
    _note(reply.usage)
    return reply


def cache_key(**material: Any) -> str:
    """Give the SHA-256 over all that matters to a reply, as canonical JSON; NaN is null there."""
    try:
        text = orjson.dumps(material, default=repr, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # half a surrogate pair, or a number of more than 64 bits
        text = _CANONICAL.encode(material).encode()
    return hashlib.sha256(text).hexdigest()


def usage_as_json(spent: Sequence[Usage]) -> list[dict[str, Any]]:
    """Give the calls as they are kept beside a verdict."""
    return [{name: getattr(usage, name) for name in Usage.__slots__} for usage in spent]


def _present() -> Caller:
    caller = _caller.get()
    if caller is None:
        raise ModelError(
            "No model can be asked here.",
            code="model_unconfigured",
            hint="In library mode wrap the call: with judges.models.calling(caller): ...",
        )
    return caller


def _note(usage: Usage) -> None:
    spent = _spent.get()
    if spent is not None:
        spent.append(usage)
