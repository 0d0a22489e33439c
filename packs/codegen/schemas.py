"""What a case, an output and the options of codegen look like."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from judges.code.script import count_asserts, read_script
from judges.code.tests import Demanded, Megabytes, Seconds
from judges.protocol import JudgeError
from packs.judging import JudgeSpec

Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]

_MOST_PAIRS = 100
_MOST_CASES = 10_000


class CodegenInput(BaseModel):
    """The task: a prompt that a completion continues, or words; and the function it asks for."""

    model_config = ConfigDict(extra="allow")

    prompt: str = Field(min_length=1)
    entry_point: Name | None = None
    language: str = "python"

    @field_validator("language")
    @classmethod
    def _is_python(cls, language: str) -> str:
        if language != "python":
            raise ValueError(f"{language!r} cannot be run here; python can")
        return language


class FunctionCase(BaseModel):
    """One call of the entry point, and what it returns or raises."""

    model_config = ConfigDict(extra="forbid")

    args: list[JsonValue] = []
    kwargs: dict[str, JsonValue] = {}
    returns: JsonValue = None
    raises: Name | None = None
    tolerance: float | None = Field(default=None, ge=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _one_end(self) -> FunctionCase:
        if len({"returns", "raises"} & self.model_fields_set) != 1:
            raise ValueError("either returns or raises, one of them")
        return self


class TextPair(BaseModel):
    """What a whole program reads and what it prints."""

    model_config = ConfigDict(extra="forbid")

    stdin: str = ""
    stdout: str


class CodegenExpected(BaseModel):
    """One of cases, io and tests; a reference program; what runs before the program."""

    model_config = ConfigDict(extra="forbid")

    cases: list[FunctionCase] = Field(default=[], max_length=_MOST_CASES)
    io: list[TextPair] = Field(default=[], max_length=_MOST_PAIRS)
    tests: str = ""
    reference: str | None = None
    setup: str = ""

    @field_validator("tests")
    @classmethod
    def _asserts(cls, tests: str) -> str:
        try:
            tree = read_script(tests, entry_point="")
        except JudgeError as error:
            raise ValueError(error.message) from error
        if tests and not count_asserts(tree):
            raise ValueError("the script asserts nothing")
        return tests

    @model_validator(mode="after")
    def _one_form(self) -> CodegenExpected:
        if sum(map(bool, (self.cases, self.io, self.tests))) != 1:
            raise ValueError("one of cases, io and tests is wanted")
        return self


class CodegenOutput(BaseModel):
    """The program: a completion of the prompt, or code, which may be fenced in other words."""

    model_config = ConfigDict(extra="allow")

    completion: str | None = None
    code: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> CodegenOutput:
        if (self.completion is None) is (self.code is None):
            raise ValueError("either completion or code, one of them")
        return self


class Limits(BaseModel):
    """What one run of a program may use."""

    model_config = ConfigDict(extra="forbid")

    seconds: Seconds = 10.0
    cpu_seconds: Seconds = 5.0
    memory_mb: Megabytes = 512


class Weights(BaseModel):
    """What each stage weighs in the overall score."""

    model_config = ConfigDict(extra="forbid")

    syntax: Weight = 1.0
    execution: Weight = 1.0
    quality: Weight = 1.0


class CodegenOptions(BaseModel):
    """How a batch is judged: limits, the strength of a verdict demanded, the judge of quality."""

    model_config = ConfigDict(extra="forbid")

    limits: Limits = Limits()
    strength: Demanded = "any"
    quality: JudgeSpec | None = None
    weights: Weights = Weights()

    def execution(self) -> JudgeSpec:
        """Give the judge that runs the program, with the limits as its options."""
        options: dict[str, Any] = {**self.limits.model_dump(), "strength": self.strength}
        return JudgeSpec(name="python_tests", options=options)
