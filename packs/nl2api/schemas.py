"""What a case, an output and the options of nl2api look like."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    field_validator,
    model_validator,
)

from judges.protocol import JudgeError
from judges.schema import check_schema
from judges.strictness import ProfileName
from judges.toolschema import as_json_schema
from packs.judging import JudgeSpec

Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def _unwrapped(value: Any) -> Any:
    """Take off OpenAI's wrapping {"type": "function", "function": {...}}."""
    inner = value.get("function") if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else value


class Tool(BaseModel):
    """A tool that may be called, its parameters as JSON Schema."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(min_length=1)
    parameters: dict[str, JsonValue] = {}

    @field_validator("parameters")
    @classmethod
    def _is_schema(cls, parameters: dict[str, JsonValue]) -> dict[str, JsonValue]:
        try:
            check_schema(as_json_schema(parameters))
        except JudgeError as error:
            raise ValueError(error.message) from error
        return parameters


class Nl2ApiInput(BaseModel):
    """The request, as messages or a query, and the tools at hand."""

    model_config = ConfigDict(extra="forbid")

    messages: list[dict[str, JsonValue]] = []
    query: str = ""
    tools: list[Annotated[Tool, BeforeValidator(_unwrapped)]] = []

    @model_validator(mode="after")
    def _something_asked(self) -> Nl2ApiInput:
        if not self.messages and not self.query:
            raise ValueError("messages or a query is wanted")
        return self

    @field_validator("tools")
    @classmethod
    def _named_once(cls, tools: list[Tool]) -> list[Tool]:
        names = [tool.name for tool in tools]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"tool named twice: {', '.join(sorted(twice))}")
        return tools


class ExpectedCall(BaseModel):
    """A call with one value per argument, or with the accepted values of each."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    arguments: dict[str, JsonValue] = {}
    accepted: dict[str, list[JsonValue]] = {}

    @model_validator(mode="after")
    def _one_form(self) -> ExpectedCall:
        if {"arguments", "accepted"} <= self.model_fields_set:
            raise ValueError("either arguments or accepted, not both")
        return self


class Nl2ApiExpected(BaseModel):
    """What is expected of the calls, the response and the answer; what is absent is not judged."""

    model_config = ConfigDict(extra="forbid")

    calls: list[ExpectedCall] = []
    response: JsonValue = None
    answer: str = ""

    @model_validator(mode="after")
    def _something_expected(self) -> Nl2ApiExpected:
        if not self.model_fields_set:
            raise ValueError("calls, a response or an answer is wanted")
        return self


class GivenCall(BaseModel):
    """A call as it was made: arguments as an object or as JSON text, and what became of it."""

    model_config = ConfigDict(extra="allow")

    name: str
    # Any value: arguments that are no object are a failure of the system, not of the file.
    arguments: JsonValue = {}
    result: JsonValue = None
    error: bool = False


class Nl2ApiOutput(BaseModel):
    """What the system under test did: the calls it made, the response it got, what it said."""

    model_config = ConfigDict(extra="forbid")

    calls: list[Annotated[GivenCall, BeforeValidator(_unwrapped)]] = []
    response: JsonValue = None
    answer: str | None = None

    @model_validator(mode="after")
    def _something_given(self) -> Nl2ApiOutput:
        if not self.model_fields_set:
            raise ValueError("calls, a response or an answer is wanted")
        return self


class Weights(BaseModel):
    """What each stage weighs in the overall score."""

    model_config = ConfigDict(extra="forbid")

    syntax: Weight = 1.0
    logic: Weight = 1.0
    execution: Weight = 1.0
    semantics: Weight = 1.0


class Nl2ApiOptions(BaseModel):
    """How strictly a batch is judged, and which calls count."""

    model_config = ConfigDict(extra="forbid")

    profile: ProfileName = "standard"
    ordered: bool = False
    counted_tools: list[str] | None = None
    drop_errored: bool = False
    execution: JudgeSpec = JudgeSpec(name="json_diff")
    semantics: JudgeSpec = JudgeSpec(name="token_f1")
    weights: Weights = Weights()
