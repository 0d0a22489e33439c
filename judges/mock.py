"""A stand-in for a model, for tests and demos: no network, always the same, always called a mock.

Its verdicts say how many words two texts share, and nothing about quality.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from judges.ask import MOCK
from judges.fence import fenced
from judges.models import ChatReply, ChatRequest, EmbedReply, EmbedRequest, Usage, calling
from judges.protocol import Lane, Score, Threshold
from judges.rubric import rubric as judge_by_rubric
from judges.text import squad_tokens

DIMENSIONS: Final = 64
_VERDICT_ID = re.compile(r"verdict_id: the characters (\w+)")


class MockModel:
    """A Caller that decides by shared words, in the form that its orders ask for."""

    async def chat(self, request: ChatRequest) -> ChatReply:
        """Give a verdict where one is asked for, else repeat the last message, called a mock."""
        last = str(request.messages[-1].get("content") or "") if request.messages else ""
        text = self._verdict(request, data=fenced(last)) or f"mock: {last}"
        usage = Usage(
            model=MOCK,
            tokens_in=sum(len(str(m.get("content")).split()) for m in request.messages),
            tokens_out=len(text.split()),
            latency_ms=0.0,
        )
        return ChatReply(text=text, usage=usage)

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        """Give each text's counts of hashed words, as a vector of length 1."""
        words = sum(len(text.split()) for text in request.texts)
        usage = Usage(model=MOCK, tokens_in=words, latency_ms=0.0)
        return EmbedReply(vectors=[_vector(text) for text in request.texts], usage=usage)

    def _verdict(self, request: ChatRequest, *, data: dict[str, str]) -> str:
        orders = str(request.messages[0].get("content")) if request.messages else ""
        found = _VERDICT_ID.search(orders)
        if found is None or not data or not request.schema:
            return ""
        choices = request.schema["properties"]["choice"]["enum"]
        if "output_a" in data:
            choice, why = _better(data)
        else:
            choice, why = _graded(data, choices=choices)
        return f'{{"verdict_id": "{found[1]}", "reasoning": "{why}", "choice": "{choice}"}}'


class MockJudge:
    """The judge `rubric` with a mock for a model."""

    lane: ClassVar[Lane] = "cpu"

    async def __call__(
        self,
        expected: Any,
        answer: Any,
        *,
        input: Any = None,
        rubric: str | dict[str, Any] = "correctness",
        threshold: Threshold | None = None,
    ) -> Score:
        """Score as a rubric does, by shared words; details and reason call it a mock."""
        with calling(MockModel()):
            return await judge_by_rubric(
                expected, answer, input=input, rubric=rubric, threshold=threshold
            )

    def pins(self, **options: Any) -> dict[str, str]:
        """Give what fixes the verdict, as the judge rubric does."""
        return judge_by_rubric.pins(**options)


def _graded(data: dict[str, str], *, choices: Sequence[str]) -> tuple[str, str]:
    answer = data.get("answer", "")
    # What was expected is to be in the answer; without it, the answer is to be in the input.
    pair = (data["expected"], answer) if "expected" in data else (answer, data.get("input", ""))
    share = _shared(*pair)
    # The choices come best first: all words give the first, none the last.
    return choices[
        math.ceil((1 - share) * (len(choices) - 1))
    ], f"mock: {share:.0%} of the words are there"


def _better(data: dict[str, str]) -> tuple[str, str]:
    a, b = (_shared(data.get("input", ""), data[name]) for name in ("output_a", "output_b"))
    choice = "tie" if a == b else "a" if a > b else "b"
    return choice, f"mock: {a:.0%} and {b:.0%} of the words are there"


def _shared(wanted: str, given: str) -> float:
    words = _words(wanted)
    return len(words & _words(given)) / len(words) if words else 0.0


def _words(text: str) -> set[str]:
    return set(squad_tokens(text)) or set(text.split())


def _vector(text: str) -> list[float]:
    counts = [0.0] * DIMENSIONS
    for word in squad_tokens(text):
        digest = hashlib.sha256(word.encode("utf-8", "replace")).digest()
        counts[digest[0] % DIMENSIONS] += 1 if digest[1] % 2 else -1
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts] if length else [1.0, *counts[1:]]


mock = MockJudge()
