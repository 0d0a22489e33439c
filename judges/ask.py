"""Asking a model for a verdict: once, and once more if the reply was none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from judges.fence import Fence, seal, visible
from judges.models import ChatRequest, cache_key, chat
from judges.prompt import Question
from judges.sides import read_side
from judges.verdict import Flaw, Verdict, read_verdict, reply_schema

MOCK: Final = "mock"
ATTEMPTS: Final = 2
_LONGEST_KEPT: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which model, where, and how; empty names mean the default ones."""

    model: str = ""
    endpoint: str = ""
    temperature: float | None = 0.0
    max_tokens: int | None = 1024
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def all_parameters(self) -> dict[str, Any]:
        """Give the parameters as they are sent; what is None is left to the server."""
        own = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        return {name: v for name, v in {**own, **self.parameters}.items() if v is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one reply came to, and which model gave it."""

    model: str
    reply: str
    found: Verdict | Flaw

    @property
    def choice(self) -> str:
        """The choice, empty where there is no verdict."""
        return "" if isinstance(self.found, Flaw) else self.found.choice

    def words(self) -> str:
        """Give why, fit to be stored: the judge's reasoning, or the reply that was no verdict."""
        said = self.reply if isinstance(self.found, Flaw) else self.found.reasoning
        return visible(said[:_LONGEST_KEPT])

    def label(self) -> dict[str, Any]:
        """Give who judged, as it stands in the details; a mock is called one."""
        return {"model": self.model} | ({"mock": True} if self.model == MOCK else {})


async def ask(question: Question, *, of: Asked, vote: int = 0) -> Opinion:
    """Ask for one verdict; a reply that is none is answered with one more request.

    The second request repeats nothing of the first reply, which may hold what the candidate wrote.
    Raises ModelError.
    """
    opinion = await _ask_once(question, of=of, vote=vote, flaw="")
    for _ in range(1, ATTEMPTS):
        if isinstance(opinion.found, Flaw):
            opinion = await _ask_once(question, of=of, vote=vote, flaw=opinion.found.why)
    return opinion


async def _ask_once(question: Question, *, of: Asked, vote: int, flaw: str) -> Opinion:
    parameters = of.all_parameters()
    key = cache_key(
        seal=seal(),
        model=of.model,
        endpoint=of.endpoint,
        parameters=parameters,
        vote=vote,
        flaw=flaw,
        **question.material(),
    )
    fence = Fence.of(key)
    reply = await chat(
        ChatRequest(
            model=of.model,
            endpoint=of.endpoint,
            messages=question.messages(fence, flaw=flaw),
            parameters=parameters,
            schema=reply_schema(question.rubric.best_first) if question.form == "json" else None,
            key=key,
        )
    )
    found = _read(question, reply.text, fence=fence)
    return Opinion(model=reply.usage.model, reply=reply.text[:_LONGEST_KEPT], found=found)


def _read(question: Question, text: str, *, fence: Fence) -> Verdict | Flaw:
    if question.form == "text":
        return read_side(text, patterns=question.patterns)
    choices = question.rubric.best_first
    return read_verdict(text, verdict_id=fence.verdict_id, choices=choices)
