"""The words every judge speaks: Score, Judge and the coded error."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

from pydantic import Field

Lane = Literal["cpu", "sandbox", "model"]
Threshold = Annotated[float, Field(ge=0, le=1)]

_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Score:
    """A verdict: a value from 0 to 1 with pass or fail, or no value, with the reason why not."""

    value: float | None
    passed: bool | None
    reason: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""

    @classmethod
    def unscored(cls, code: str, reason: str) -> Score:
        """Give the score of what could not be judged; it is never a zero."""
        return cls(None, None, reason, {}, code)

    @classmethod
    def of(cls, value: float, *, threshold: float = 1.0, reason: str = "") -> Score:
        """Give the score of a value that passes from the threshold on; reason is for a failure."""
        passed = value >= threshold
        return cls(value, passed, "" if passed else reason)


# The plain pass, made once: most verdicts are this one.
PASS = Score(1.0, True, details=MappingProxyType({}))


def is_sound(score: object) -> bool:
    """Tell whether this is a Score that keeps the rules: in range, and a code where unscored."""
    if not isinstance(score, Score) or not isinstance(score.reason, str):
        return False
    if score.value is None:
        return score.passed is None and bool(score.code)
    return isinstance(score.passed, bool) and 0 <= score.value <= 1


@runtime_checkable
class Judge(Protocol):
    """Called `(expected, answer, **options)`; its options are keyword-only and annotated.

    A judge that asks a model gives an awaitable. One that has a keyword `input` is given the
    case's input; that is no option. A judge may carry `version`; `lane`, where its work belongs
    ("cpu" without), or `lane_of(**options)` where the options decide that;
    `pins(**options) -> dict[str, str]`: what else fixes its verdict, like the hash of a prompt;
    and `calls(**options)`: how many calls a case takes, as a number or as a list of
    `judges.models.Ask`, for a forecast.
    """

    def __call__(self, *args: Any, **options: Any) -> Score | Awaitable[Score]: ...


class VerdictError(Exception):
    """Something about a pack or judge that has a stable code, a cause and a fix."""

    def __init__(self, message: str, *, code: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint

    def __str__(self) -> str:
        fix = f" ({self.hint})" if self.hint else ""
        return f"[{self.code}] {self.message}{fix}"


class JudgeError(VerdictError):
    """A judge cannot be found, loaded or used with these options."""


def shown(value: Any) -> str:
    """Show any value as short JSON text, for a reason that a person reads."""
    if isinstance(value, str):
        return encode_basestring(value if len(value) <= _LONGEST_SHOWN else _cut(value))
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LONGEST_SHOWN else _cut(text)


def _cut(text: str) -> str:
    return text[: _LONGEST_SHOWN - 1] + "…"
