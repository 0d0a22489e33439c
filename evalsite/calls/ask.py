"""Carry the questions of a chunk's judges to the tenant's endpoints, and keep the books.

In this order: what is known is not asked again; a broken endpoint is left alone; the limits are
waited for; the worst case is set aside; then the call goes out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from evalsite.calls.breaker import Breaker
from evalsite.calls.connect import open_client
from evalsite.calls.desk import Desk
from evalsite.calls.gate import Gate
from evalsite.calls.interrupt import no_verdict
from evalsite.calls.limit import Limits
from evalsite.calls.memory import Memory
from evalsite.calls.place import Place, Places
from evalsite.calls.price import Tariff
from evalsite.calls.purse import Purse
from evalsite.calls.remember import reply_key
from evalsite.calls.retry import backoff, persist
from evalsite.calls.tokens import prompt_at_most
from evalsite.calls.visit import Visitor
from evalsite.endpoints.models import RESERVED, Endpoint
from evalsite.endpoints.seal import mark_key
from judges.fence import sealed_with
from judges.mock import MockModel
from judges.models import ChatReply, ChatRequest, EmbedReply, EmbedRequest, ModelError
from judges.post import Unreached
from judges.trouble import RateLimited

Reply = TypeVar("Reply", ChatReply, EmbedReply)

# What of a prompt's bytes and of the longest reply counts against tokens per minute beforehand.
_BYTES_PER_TOKEN: Final = 4
_USUAL_REPLY: Final = 128
# A request that was answered with one of these has cost nothing.
_UNPAID: Final = frozenset({"model_refused", "model_failed", "model_rate_limited"})

_repetition: ContextVar[int] = ContextVar("repetition", default=0)


@contextmanager
def repeating(repetition: int) -> Iterator[None]:
    """Ask on behalf of this repetition of a case, inside the block."""
    token = _repetition.set(repetition)
    try:
        yield
    finally:
        _repetition.reset(token)


@asynccontextmanager
async def asking(
    desk: Desk, *, batch_id: UUID, memory: Memory, purse: Purse
) -> AsyncIterator[Asker]:
    """Give a Caller for the running loop, and close what it opened."""
    client, places = open_client(), Places(desk, batch_id=batch_id)
    gate = Gate(client)
    asker = Asker(
        places,
        memory=memory,
        purse=purse,
        limits=Limits(client, gate=gate),
        breaker=Breaker(client, gate=gate),
    )
    # Only marks that all workers make alike let one find the reply that another was given.
    with sealed_with(mark_key()):
        try:
            yield asker
        finally:
            await places.close()
            await client.aclose()


@dataclass(frozen=True, slots=True)
class _Call:
    """One call on its way: where to, and of what size; 0 is the size that nobody asks for."""

    place: Place
    model: str
    prompt: int
    longest: int | None
    tariff: Tariff | None

    @property
    def tokens(self) -> int:
        """About how many tokens it takes."""
        usual = _USUAL_REPLY if self.longest is None else min(self.longest, _USUAL_REPLY)
        return self.prompt // _BYTES_PER_TOKEN + usual

    def worst_case(self) -> Decimal | None:
        """Answer what it cannot exceed in US dollars; None where that cannot be known."""
        if self.tariff is None or self.longest is None:
            return None
        return self.tariff.worst_case(prompt_tokens=self.prompt, max_tokens=self.longest)

    def in_words(self) -> str:
        """Name it in a reason."""
        unbounded = ", whose reply has no max_tokens," if self.longest is None else ""
        return f"model {self.model!r}{unbounded} at endpoint {self.place.name!r}"


class Asker:
    """The Caller of one event loop: one chunk of one batch."""

    def __init__(
        self,
        places: Places,
        *,
        memory: Memory,
        purse: Purse,
        limits: Limits,
        breaker: Breaker,
    ) -> None:
        self._places = places
        self._memory = memory
        self._purse = purse
        self._limits = limits
        self._breaker = breaker

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Answer from what is known, or ask; raises ModelError, Halt and Interrupted."""
        with no_verdict:
            if request.endpoint == RESERVED:
                return self._mocked(await MockModel().chat(request))
            place = await self._places.find(request.endpoint)
            model = request.model or place.endpoint.default_model
            key = self._key(request, place=place, model=model)
            known = await self._memory.recall(key)
            if known is not None:
                self._purse.count_cached()
                return known
            call = await self._call(place, model=model, request=request)
            asked = request if request.model == model else replace(request, model=model)
            reply = await self._carry(call, lambda: place.wire.chat(asked))
            self._memory.note(key, reply)
            return reply

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        """Ask for embeddings; raises as chat does."""
        with no_verdict:
            if request.endpoint == RESERVED:
                return self._mocked(await MockModel().embed(request))
            place = await self._places.find(request.endpoint)
            model = request.model or place.endpoint.default_model
            call = await self._call(place, model=model, request=request)
            asked = replace(request, model=model)
            return await self._carry(call, lambda: place.wire.embed(asked))

    def visitor(self, endpoint: Endpoint) -> Visitor:
        """Answer who keeps the limits of an endpoint that is no model."""
        return Visitor(endpoint, limits=self._limits, breaker=self._breaker)

    def _key(self, request: ChatRequest, *, place: Place, model: str) -> str:
        """Answer under which key the reply is kept; empty where none is, as a hash takes time."""
        if not self._memory.in_use:
            return ""
        return reply_key(
            request,
            base_url=place.endpoint.base_url,
            model=model,
            repetition=_repetition.get(),
        )

    async def _call(
        self, place: Place, *, model: str, request: ChatRequest | EmbedRequest
    ) -> _Call:
        tariff = await self._places.tariff(place, model)
        # Measuring a prompt costs as much as a tenth of the call: only where it matters.
        matters = self._purse.capped or place.endpoint.tokens_per_minute is not None
        prompt = prompt_at_most(request) if matters else 0
        return _Call(place, model, prompt, _longest(request), tariff)

    async def _carry(self, call: _Call, send: Callable[[], Awaitable[Reply]]) -> Reply:
        n_limited = 0

        async def attempt() -> Reply:
            nonlocal n_limited
            try:
                async with call.place.slots:
                    return await self._attempt(call, send)
            except RateLimited as limited:
                n_limited += 1
                told = limited.retry_after
                seconds = backoff(n_limited) if told is None else told
                await self._limits.pause(call.place, model=call.model, seconds=seconds)
                raise

        return await persist(attempt)

    async def _attempt(self, call: _Call, send: Callable[[], Awaitable[Reply]]) -> Reply:
        await self._breaker.pass_by(call.place, model=call.model)
        await self._limits.wait(call.place, model=call.model, tokens=call.tokens)
        booked = await self._purse.set_aside(call.worst_case, what=call.in_words)
        try:
            reply = await send()
        except ModelError as error:
            _end(self._purse, booked, error=error)
            if not isinstance(error, RateLimited):
                await self._breaker.failed(call.place, error)
            raise
        return await self._booked(call, reply, booked=booked)

    async def _booked(self, call: _Call, reply: Reply, *, booked: Decimal) -> Reply:
        usage, tariff = reply.usage, call.tariff
        known = {"tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out}
        cost = None if tariff is None else tariff.cost(**known)
        self._purse.settle(booked, cost=cost)
        await self._breaker.answered(call.place, model=call.model)
        surplus = (usage.tokens_in or 0) + (usage.tokens_out or 0) - call.tokens
        await self._limits.add(call.place, model=call.model, tokens=surplus)
        if cost is None:
            return reply
        return replace(reply, usage=replace(usage, cost_usd=float(cost)))

    def _mocked(self, reply: Reply) -> Reply:
        self._purse.settle(Decimal(0), cost=Decimal(0))
        return replace(reply, usage=replace(reply.usage, cost_usd=0.0))


def _longest(request: ChatRequest | EmbedRequest) -> int | None:
    """Answer how many tokens the reply may have; None where nothing bounds it."""
    if isinstance(request, EmbedRequest):
        return 0
    bounds = (request.parameters.get(name) for name in ("max_completion_tokens", "max_tokens"))
    return next((bound for bound in bounds if isinstance(bound, int)), None)


def _end(purse: Purse, booked: Decimal, *, error: ModelError) -> None:
    """End a call without a reply; where the endpoint may have worked, it may cost."""
    if error.code in _UNPAID or isinstance(error.__cause__, Unreached):
        purse.release(booked)
    else:
        purse.lose(booked)
