"""The words every pack speaks: Stage, StageResult, Pack and the coded error."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from pydantic import BaseModel

from judges.protocol import Lane, Score, VerdictError

NOT_APPLICABLE = "not_applicable"


class StageStatus(StrEnum):
    """What became of one stage of one case."""

    PASSED = "passed"
    FAILED = "failed"
    UNSCORED = "unscored"
    SKIPPED = "skipped"
    NOT_APPLICABLE = NOT_APPLICABLE
    ERRORED = "errored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One thing judged about a case: by what judge, at what weight, in what lane.

    `judge_pins` is what fixes the verdict beside name, version and options: a prompt's hash.
    """

    name: str
    judge: str
    judge_version: str = ""
    judge_options: Mapping[str, Any] = field(default_factory=dict)
    judge_pins: Mapping[str, str] = field(default_factory=dict)
    lane: Lane = "cpu"
    weight: float = 1.0
    gate: bool = False


class StageResult(NamedTuple):
    """The verdict on one stage of one case, as it is stored."""

    stage: str
    status: StageStatus
    score: float | None
    reason: str = ""
    code: str = ""
    details: Mapping[str, Any] = MappingProxyType({})


class CaseJudge(Protocol):
    """Judges one stage of one case from plain JSON values that were validated before."""

    def __call__(self, expected: Any, output: Any, *, input: Any) -> Score | Awaitable[Score]: ...


@runtime_checkable
class Pack(Protocol):
    """A kind of test: schemas of input, expected, output and options, and its ordered stages."""

    name: ClassVar[str]
    version: ClassVar[str]
    title: ClassVar[str]
    Input: ClassVar[type[BaseModel]]
    Expected: ClassVar[type[BaseModel]]
    Output: ClassVar[type[BaseModel]]
    Options: ClassVar[type[BaseModel]]

    def stages(self, options: Any) -> tuple[Stage, ...]:
        """Give the stages in the order they are judged; options is a validated Options."""

    def judge_of(self, stage: Stage, options: Any) -> CaseJudge:
        """Give the function that judges this stage; called once per batch, not per case."""


class PackError(VerdictError):
    """A pack, its options or a case's JSON is not right; path says where, if in JSON."""

    def __init__(self, message: str, *, code: str, hint: str = "", path: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.path = path


def not_applicable(reason: str) -> Score:
    """Give the score of a stage with nothing to judge in this case: no pass, no fail, no zero."""
    return Score.unscored(NOT_APPLICABLE, reason)
