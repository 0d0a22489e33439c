"""What a case, an output and the options of rag look like."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from packs.judging import JudgeSpec

SourceId = Annotated[str | int, Field(union_mode="left_to_right")]
Grade = Annotated[int, Field(strict=True, ge=0, lt=1000)]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Turn(BaseModel):
    """One message before the question."""

    model_config = ConfigDict(extra="allow")

    role: str
    content: str


class Context(BaseModel):
    """A passage that the answer may rest on; a score ranks it."""

    model_config = ConfigDict(extra="allow")

    id: SourceId | None = None
    text: str
    score: float | None = Field(default=None, allow_inf_nan=False)


class Source(BaseModel):
    """A source that was found; a score ranks it."""

    model_config = ConfigDict(extra="allow")

    id: SourceId
    score: float | None = Field(default=None, allow_inf_nan=False)


class RagInput(BaseModel):
    """The question, what was said before it, and any other field the system needs.

    `contexts` are for a case that brings its own passages, as where retrieval is not under test.
    """

    model_config = ConfigDict(extra="allow")

    question: str = Field(min_length=1)
    history: list[Turn] = []
    contexts: list[Context | str] = []


class RagExpected(BaseModel):
    """What is expected of the answer and the sources; what is absent is not judged."""

    model_config = ConfigDict(extra="forbid")

    answer: str = Field(default="", min_length=1)
    alternatives: list[str] = []
    sources: list[SourceId] | dict[str, Grade] = []
    answerable: StrictBool = True

    @model_validator(mode="after")
    def _something_expected(self) -> RagExpected:
        if not self.model_fields_set & {"answer", "sources", "answerable"}:
            raise ValueError("an answer, sources or answerable is wanted")
        return self


class RagOutput(BaseModel):
    """What the system answered, from which contexts, and the sources it found in order."""

    model_config = ConfigDict(extra="allow")

    answer: str | None = None
    contexts: list[Context | str] = []
    sources: list[Source | SourceId] = []

    @model_validator(mode="after")
    def _something_given(self) -> RagOutput:
        if not self.model_fields_set & {"answer", "contexts", "sources"}:
            raise ValueError("an answer, contexts or sources is wanted")
        return self


class Weights(BaseModel):
    """What each stage weighs in the overall score."""

    model_config = ConfigDict(extra="forbid")

    retrieval: Weight = 1.0
    faithfulness: Weight = 1.0
    correctness: Weight = 1.0
    answerability: Weight = 1.0


class RagOptions(BaseModel):
    """Which judge judges each stage."""

    model_config = ConfigDict(extra="forbid")

    retrieval: JudgeSpec = JudgeSpec(name="retrieval")
    faithfulness: JudgeSpec = JudgeSpec(name="faithfulness")
    correctness: JudgeSpec = JudgeSpec(name="correctness")
    answerability: JudgeSpec = JudgeSpec(name="answerability")
    weights: Weights = Weights()
