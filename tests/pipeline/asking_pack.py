"""A pack for tests: one stage in the model lane that asks, halts or answers as its output says."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from judges.models import ChatRequest, Halt, cache_key, chat
from judges.protocol import Score
from packs.protocol import CaseJudge, Stage


class Anything(BaseModel):
    """Takes what it is given."""

    model_config = ConfigDict(extra="allow")


class Options(BaseModel):
    """Whom to ask."""

    endpoint: str = ""
    model: str = ""


class AskingPack:
    """`does` of the output says it: passed, failed, halt; or `ask`, whose reply must be OK."""

    name = "asking"
    version = "1"
    title = "a model is asked"
    Input = Expected = Output = Anything
    Options = Options

    def stages(self, options: Any) -> tuple[Stage, ...]:
        """One stage of the model lane."""
        return (Stage(name="asked", judge="told", lane="model"),)

    def judge_of(self, stage: Stage, options: Any) -> CaseJudge:
        """Do what the output says."""

        async def judge(expected: Any, output: Any, *, input: Any) -> Score:
            if output["does"] == "halt":
                raise Halt("told_to_halt", "the test said so")
            if output["does"] == "ask":
                return await _ask(output["text"], options)
            return Score.of(1.0 if output["does"] == "passed" else 0.0)

        return judge


async def _ask(text: str, options: Options) -> Score:
    reply = await chat(
        ChatRequest(
            model=options.model,
            endpoint=options.endpoint,
            messages=[{"role": "user", "content": text}],
            parameters={"max_tokens": 10},
            key=cache_key(text=text),
        )
    )
    return Score.of(1.0 if reply.text == "OK" else 0.0)


def does(what: str) -> dict[str, str]:
    """An output that says what its judge does."""
    return {"does": what}


def asks(text: str) -> dict[str, str]:
    """An output whose judge asks a model."""
    return {"does": "ask", "text": text}


PACK = AskingPack()
