"""Check an output before it is kept: its own fields, and its answer by the pack's schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from evalsite.cases.check import check_key
from evalsite.errors import EvalsiteError
from evalsite.targets.record import CheckedOutput
from packs.protocol import Pack
from packs.validate import normalise

FIELDS: Final = (
    "key",
    "answer",
    "repetition",
    "error",
    "latency_ms",
    "tokens_in",
    "tokens_out",
    "cost_usd",
)
_KNOWN: Final = frozenset(FIELDS)
_MAX_SMALL: Final = 2**15 - 1
_MAX_COUNT: Final = 2**31 - 1
# 30 years of milliseconds, a trillion dollars: more is no measurement, and sums would overflow.
_MAX_MEASURE: Final = 1e12


class OutputRefused(EvalsiteError):
    """A field of an output cannot be kept; `path` says which."""

    code = "output_field_invalid"
    hint = f"the fields of an output are: {', '.join(FIELDS)}"
    http_status = 422

    def __init__(self, message: str, *, path: str, code: str | None = None) -> None:
        super().__init__(f"{path}: {message}", code=code)
        self.path = path


def check_output(fields: Mapping[str, Any], *, pack: Pack) -> CheckedOutput:
    """Answer the output ready to be kept; raises OutputRefused, CaseRefused and PackError."""
    if not _KNOWN.issuperset(fields):
        unknown = sorted(set(fields) - _KNOWN)
        raise OutputRefused("no such field", path=unknown[0], code="output_field_unknown")
    error, answer = fields.get("error") or "", fields.get("answer")
    if not isinstance(error, str):
        _invalid("error", wanted="a text")
    if answer is None and not error:
        raise OutputRefused("neither an answer nor an error", path="answer", code="output_empty")
    return CheckedOutput(
        key=check_key(fields.get("key")),
        repetition=_count(fields, "repetition", most=_MAX_SMALL) or 0,
        answer=None if answer is None else normalise(pack.Output, answer, at="output"),
        error=error,
        latency_ms=_measure(fields, "latency_ms"),
        tokens_in=_count(fields, "tokens_in"),
        tokens_out=_count(fields, "tokens_out"),
        cost_usd=_measure(fields, "cost_usd"),
    )


def _count(fields: Mapping[str, Any], name: str, *, most: int = _MAX_COUNT) -> int | None:
    number = fields.get(name)
    if number is not None and (type(number) is not int or not 0 <= number <= most):
        _invalid(name, wanted=f"a whole number from 0 to {most}")
    return number


def _measure(fields: Mapping[str, Any], name: str) -> float | None:
    number = fields.get(name)
    if number is None:
        return None
    if type(number) not in (int, float) or not 0 <= number <= _MAX_MEASURE:
        _invalid(name, wanted=f"a number from 0 to {_MAX_MEASURE:g}")
    return float(number)


def _invalid(path: str, *, wanted: str) -> NoReturn:
    raise OutputRefused(f"wanted is {wanted}", path=path)
