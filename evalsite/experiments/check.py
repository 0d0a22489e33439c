"""Check a result that a program outside brings, before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalsite.cases.check import check_key, is_plain
from evalsite.cases.strict_json import check, check_text
from evalsite.errors import EvalsiteError

_Short = Annotated[str, Field(max_length=100)]
_Label = Annotated[str, Field(max_length=200)]
# 30 years of milliseconds, a trillion dollars: more is no measurement, and sums would overflow.
_Measure = Annotated[float, Field(ge=0, le=1e12)]


class ResultRefused(EvalsiteError):
    """A field of a result cannot be kept; `path` says which."""

    code = "result_field_invalid"
    http_status = 422

    def __init__(self, message: str, *, path: str, code: str | None = None) -> None:
        super().__init__(f"{path}: {message}", code=code, hint=_HINT)
        self.path = path


class CheckedResult(BaseModel):
    """A result that may be kept.

    `score` and costs are floats, `latency_ms` milliseconds. Without a score there is a `reason`,
    or `success`, of which the score is then made.
    """

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    task: str
    group: Literal["baseline", "variant"]
    version: Annotated[str, Field(min_length=1, max_length=100)]
    repetition: Annotated[int, Field(ge=0, le=2**15 - 1)] = 0
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    success: bool | None = None
    reason: _Label = ""
    latency_ms: _Measure | None = None
    tokens_used: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = None
    cost_usd: _Measure | None = None
    model_version: _Short = ""
    agent_name: _Short = ""
    cluster: _Label = ""
    judged_by: Annotated[str, Field(max_length=64)] = ""
    metadata: dict[str, Any] = {}


FIELDS: Final = tuple(CheckedResult.model_fields)
_HINT: Final = f"the fields of a result are: {', '.join(FIELDS)}"
_UNKNOWN: Final = "extra_forbidden"


def check_result(fields: Mapping[str, Any]) -> CheckedResult:
    """Answer the result ready to be kept; null is a field left out.

    Raises ResultRefused `result_field_invalid`, `result_field_unknown` and `result_empty` (no
    score, no success and no reason), CaseRefused for a malformed task, and JsonRefused.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    task = check_key(given.get("task"))
    try:
        made = CheckedResult(**{**given, "task": task})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(map(str, first["loc"]))
        if first["type"] == _UNKNOWN:
            raise ResultRefused("no such field", path=path, code="result_field_unknown") from None
        raise ResultRefused(first["msg"], path=path) from None
    return _with_score(_storable(made))


def _storable(made: CheckedResult) -> CheckedResult:
    for name in ("version", "reason", "model_version", "agent_name", "cluster", "judged_by"):
        if not is_plain(check_text(getattr(made, name))):
            raise ResultRefused("control characters, or more than one line", path=name)
    made.metadata = check(made.metadata)
    return made


def _with_score(made: CheckedResult) -> CheckedResult:
    if made.score is None and made.success is not None:
        made.score = float(made.success)
    if made.score is None and not made.reason:
        raise ResultRefused("no score, and no reason why", path="score", code="result_empty")
    return made
