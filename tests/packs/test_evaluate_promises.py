"""A judge may give its verdict later: it asks a model, and is waited for."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from judges.models import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    EmbedRequest,
    Halt,
    ModelError,
    Usage,
    calling,
    chat,
)
from judges.protocol import PASS, Score
from packs.evaluator import Evaluator
from packs.prepare import prepare_pack
from packs.protocol import CaseJudge, Stage, StageResult, StageStatus


class Anything(BaseModel):
    """No fields."""


class Asking:
    """Two stages: one asks a model and is a gate, one does not."""

    name: ClassVar[str] = "asking"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "Asks"
    Input: ClassVar[type[BaseModel]] = Anything
    Expected: ClassVar[type[BaseModel]] = Anything
    Output: ClassVar[type[BaseModel]] = Anything
    Options: ClassVar[type[BaseModel]] = Anything

    def stages(self, options: Any) -> tuple[Stage, ...]:
        return (
            Stage(name="asked", judge="x", lane="model", gate=True),
            Stage(name="plain", judge="exact"),
        )

    def judge_of(self, stage: Stage, options: Any) -> CaseJudge:
        async def ask(expected: Any, output: Any, *, input: Any) -> Score:
            reply = await chat(ChatRequest(model="m", messages=[]))
            return Score.of(float(reply.text), reason="the model said so")

        def plain(expected: Any, output: Any, *, input: Any) -> Score:
            return PASS

        return ask if stage.name == "asked" else plain


class Says:
    """A caller that always says the same, or raises it."""

    def __init__(self, answer: str | BaseException) -> None:
        self.answer = answer

    async def chat(self, request: ChatRequest) -> ChatReply:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return ChatReply(text=self.answer, usage=Usage(model=request.model, tokens_in=3))

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        raise AssertionError


@pytest.fixture
def asking() -> Evaluator:
    return prepare_pack(Asking())


def test_a_promise_is_kept_and_its_calls_are_beside_it(asking: Evaluator) -> None:
    with calling(Says("1")):
        first, second = asking.score(input={}, expected={}, output={})
    assert (first.status, second.status) == (StageStatus.PASSED, StageStatus.PASSED)
    assert first.details["calls"][0]["tokens_in"] == 3
    assert first.details["calls"][0]["cost_usd"] is None


def test_a_gate_that_was_promised_stops_the_rest(asking: Evaluator) -> None:
    with calling(Says("0")):
        statuses = [r.status for r in asking.score(input={}, expected={}, output={})]
    assert statuses == [StageStatus.FAILED, StageStatus.SKIPPED]


def test_cases_wait_beside_each_other_and_do_not_share_calls(asking: Evaluator) -> None:
    async def both() -> list[tuple[StageResult, ...]]:
        with calling(Says("1")):
            case: dict[str, Any] = {"input": {}, "expected": {}, "output": {}}
            return await asyncio.gather(*(asking.score_async(**case) for _ in range(2)))

    results = asyncio.run(both())
    assert [len(stages[0].details["calls"]) for stages in results] == [1, 1]


@pytest.mark.parametrize(
    ("caller", "code"),
    [(None, "model_unconfigured"), (Says(ModelError("no", code="model_timeout")), "model_timeout")],
)
def test_a_call_that_fails_is_errored_and_never_a_zero(
    asking: Evaluator, caller: Says | None, code: str
) -> None:
    if caller is None:
        results = asking.score(input={}, expected={}, output={})
    else:
        with calling(caller):
            results = asking.score(input={}, expected={}, output={})
    assert (results[0].status, results[0].score, results[0].code) == ("errored", None, code)


def test_a_halt_is_no_verdict(asking: Evaluator) -> None:
    with calling(Says(Halt("money_cap", "spent"))), pytest.raises(Halt):
        asking.score(input={}, expected={}, output={})
