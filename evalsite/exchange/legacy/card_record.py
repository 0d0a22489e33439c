"""A scorecard of the old framework as one of ours. docs/legacy.md states the rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from evalsite.cases.strict_json import dump
from packs.fold import fold
from packs.protocol import NOT_APPLICABLE, Stage, StageResult, StageStatus

STAGES: Final = tuple(
    Stage(name=name, judge="legacy") for name in ("syntax", "logic", "execution", "semantics")
)
RESULT_FIELDS: Final = tuple(f"{stage.name}_result" for stage in STAGES)
BATCH_FIELDS: Final = ("batch_run_id", "batch_id")
FIGURES: Final = ("latency_ms", "tokens_in", "tokens_out", "cost_usd")
CARD_FIELDS: Final = (*RESULT_FIELDS, *BATCH_FIELDS, "overall_passed", "overall_score", *FIGURES)

_WORDS: Final = {
    **dict.fromkeys(("pass", "passed", "success", "succeeded", "ok", "correct"), "passed"),
    **dict.fromkeys(("fail", "failed", "failure", "incorrect"), "failed"),
    **dict.fromkeys(("error", "errored", "exception", "crashed", "timeout"), "errored"),
    **dict.fromkeys(("skip", "skipped"), "skipped"),
    **dict.fromkeys(("n/a", "na", NOT_APPLICABLE), NOT_APPLICABLE),
}
_FLAGS: Final = ("passed", "success", "is_valid", "valid", "is_correct", "correct")
_TROUBLES: Final = ("error", "error_message", "exception")
_REASONS: Final = ("reason", "message", "explanation", "feedback", *_TROUBLES)


class Card(NamedTuple):
    """A scorecard as the database takes it; `stages` and `details` are JSON text."""

    key: str
    repetition: int
    status: str
    overall_score: float | None
    overall_passed: bool | None
    stages: str
    details: str
    latency_ms: float | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    scored_at: datetime | None


def has_card(record: Mapping[str, Any]) -> bool:
    """Tell whether a record says how its case was judged."""
    return any(record.get(name) is not None for name in (*RESULT_FIELDS, "overall_passed"))


def card_of(record: Mapping[str, Any], *, key: str, repetition: int = 0) -> Card:
    """Answer the scorecard of a record, which also says what its case expects."""
    results = _results(record)
    verdict = fold(STAGES, results)
    status, passed, score = verdict.status, verdict.overall_passed, verdict.overall_score
    recorded = record.get("overall_passed")
    # What the old framework decided stands, unless a stage of it failed to judge at all.
    if status != "errored" and isinstance(recorded, bool):
        status, passed = ("passed" if recorded else "failed"), recorded
        score = _share(record.get("overall_score"), otherwise=score)
    return Card(
        key,
        repetition,
        status,
        score,
        passed,
        dump({result.stage: _outcome(result) for result in results}),
        dump({result.stage: why for result in results if (why := _why(result))}),
        _measure(record.get("latency_ms")),
        _count(record.get("tokens_in")),
        _count(record.get("tokens_out")),
        _measure(record.get("cost_usd")),
        moment(record.get("scored_at") or record.get("created_at")),
    )


def _results(record: Mapping[str, Any]) -> list[StageResult]:
    asked = _asked(record)
    results: list[StageResult] = []
    for stage in STAGES:
        value = record.get(f"{stage.name}_result")
        result = stage_result(stage.name, value, asked=stage.name in asked)
        if result.status is StageStatus.SKIPPED and not _has_failed(results):
            result = result._replace(status=StageStatus.NOT_APPLICABLE, code=NOT_APPLICABLE)
        results.append(result)
    return results


def _has_failed(results: list[StageResult]) -> bool:
    return any(result.status is StageStatus.FAILED for result in results)


def stage_result(stage: str, value: Any, *, asked: bool) -> StageResult:
    """Read one old result: null, a flag, a share, a word, or an object of these."""
    if value is None:
        return _nothing(stage, asked=asked)
    fields = value if isinstance(value, dict) else _as_fields(value)
    status = _status(fields)
    kept = {"legacy": value}
    reason = next((str(fields[name])[:500] for name in _REASONS if fields.get(name)), "")
    if status is None:
        unclear = reason or "the old result says neither passed nor failed"
        return StageResult(stage, StageStatus.UNSCORED, None, unclear, "legacy_unclear", kept)
    score = None
    if status in (StageStatus.PASSED, StageStatus.FAILED):
        score = _share(fields.get("score"), otherwise=float(status is StageStatus.PASSED))
    codes = {StageStatus.SKIPPED: "gate_failed", StageStatus.NOT_APPLICABLE: NOT_APPLICABLE}
    if status is StageStatus.ERRORED:
        return StageResult(stage, status, None, reason, "legacy_error", kept)
    return StageResult(stage, status, score, reason, codes.get(status, ""), kept)


def moment(text: Any) -> datetime | None:
    """Answer a time in ISO form, UTC where it names no zone; None for what is none."""
    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _nothing(stage: str, *, asked: bool) -> StageResult:
    if asked:
        reason = "the old scorecard has no result of this stage"
        return StageResult(stage, StageStatus.UNSCORED, None, reason, "legacy_missing")
    reason = "the case expects nothing here"
    return StageResult(stage, StageStatus.NOT_APPLICABLE, None, reason, NOT_APPLICABLE)


def _as_fields(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"passed": value}
    return {"status": value} if isinstance(value, str) else {"score": value}


def _status(fields: Mapping[str, Any]) -> StageStatus | None:
    word = fields.get("status")
    if isinstance(word, str) and (known := _WORDS.get(word.strip().lower())):
        return StageStatus(known)
    if fields.get("skipped") is True:
        return StageStatus.SKIPPED
    flags = [fields[name] for name in _FLAGS if isinstance(fields.get(name), bool)]
    if not flags and any(fields.get(name) for name in _TROUBLES):
        return StageStatus.ERRORED
    share = fields.get("score")
    if not flags and type(share) in (int, float) and share in (0, 1):
        flags = [share == 1]
    return (StageStatus.PASSED if flags[0] else StageStatus.FAILED) if flags else None


def _asked(record: Mapping[str, Any]) -> set[str]:
    """Name the stages that have something to judge in the record's case."""
    calls = record.get("expected_tool_calls")
    wanted = {
        "syntax": bool(calls),
        "logic": calls is not None,
        "execution": record.get("expected_response") is not None,
        "semantics": bool(record.get("expected_nl_response")),
    }
    return {stage for stage, is_wanted in wanted.items() if is_wanted}


def _share(value: Any, *, otherwise: float | None) -> float | None:
    fits = type(value) in (int, float) and 0 <= value <= 1
    return float(value) if fits else otherwise


def _measure(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value <= 1e12 else None


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 2**31 else None


def _outcome(result: StageResult) -> dict[str, Any]:
    outcome = {"status": result.status.value, "score": result.score}
    return {**outcome, "code": result.code} if result.code else outcome


def _why(result: StageResult) -> dict[str, Any]:
    why = {"reason": result.reason, "details": dict(result.details)}
    return why if result.reason or result.details else {}
