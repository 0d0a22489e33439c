"""The four stages of rag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from packs.asking import Question
from packs.judging import JudgeSpec
from packs.protocol import CaseJudge, Stage
from packs.rag import ask
from packs.rag.schemas import RagExpected, RagInput, RagOptions, RagOutput
from packs.rag.stages import JUDGED


class Rag:
    """retrieval, faithfulness, correctness, answerability; none is a gate."""

    name: ClassVar[str] = "rag"
    version: ClassVar[str] = "1"
    title: ClassVar[str] = "A question answered from retrieved contexts"
    Input: ClassVar[type[BaseModel]] = RagInput
    Expected: ClassVar[type[BaseModel]] = RagExpected
    Output: ClassVar[type[BaseModel]] = RagOutput
    Options: ClassVar[type[BaseModel]] = RagOptions
    # Of what is expected, that which has no order: a page compares it as a set.
    unordered: ClassVar[tuple[str, ...]] = ("sources",)

    def stages(self, options: RagOptions) -> tuple[Stage, ...]:
        """Give the four stages; what a case does not expect is not applicable there."""
        return tuple(
            _spec(name, options).stage(name, weight=getattr(options.weights, name))
            for name in JUDGED
        )

    def judge_of(self, stage: Stage, options: RagOptions) -> CaseJudge:
        """Give the judge of one of the four stages."""
        return JUDGED[stage.name](_spec(stage.name, options).case_judge())

    def question(self, input: Any) -> Question:
        """Give the question as a chat model is asked it."""
        return ask.question(input)

    def output(self, text: str, calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Give what a chat model said as an output."""
        return ask.output(text, calls)


def _spec(stage: str, options: RagOptions) -> JudgeSpec:
    spec: JudgeSpec = getattr(options, stage)
    return spec


PACK = Rag()
