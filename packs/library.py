"""Library mode: scorecards in memory, without a database, for notebooks and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packs.evaluate import prepare
from packs.fold import CaseStatus
from packs.protocol import StageResult
from packs.validate import validate_case, validate_output


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """All stage results of one case, and its overall verdict."""

    key: str
    status: CaseStatus
    overall_score: float | None
    overall_passed: bool | None
    results: tuple[StageResult, ...]


def evaluate(
    pack: str,
    *,
    cases: Iterable[Mapping[str, Any]],
    outputs: Mapping[str, Any],
    options: dict[str, Any] | None = None,
) -> list[Scorecard]:
    """Score cases (`key`, `input`, `expected`) against the outputs of the same keys.

    A case without an output is unscored. Raises PackError or JudgeError for what is not valid.
    """
    evaluator = prepare(pack, options)
    scorecards = []
    for case in cases:
        key = case["key"]
        given, expected = validate_case(pack, input=case["input"], expected=case["expected"])
        output = validate_output(pack, outputs[key]) if outputs.get(key) is not None else None
        results = evaluator.score(input=given, expected=expected, output=output)
        verdict = evaluator.fold(results)
        scorecards.append(
            Scorecard(
                key=key,
                status=verdict.status,
                overall_score=verdict.overall_score,
                overall_passed=verdict.overall_passed,
                results=results,
            )
        )
    return scorecards
