"""Library mode: scorecards in memory, without a database, for notebooks and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from judges.together import run_here, together
from packs.evaluator import Evaluator
from packs.fold import CaseStatus
from packs.prepare import prepare
from packs.protocol import StageStatus
from packs.validate import validate_case, validate_output


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict on one stage of one case: a StageResult that can be told as a JSON object."""

    stage: str
    status: StageStatus
    score: float | None
    reason: str
    code: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """All stage results of one case, and its overall verdict."""

    key: str
    status: CaseStatus
    overall_score: float | None
    overall_passed: bool | None
    results: tuple[Result, ...]


def evaluate(
    pack: str,
    *,
    cases: Iterable[Mapping[str, Any]],
    outputs: Mapping[str, Any],
    options: dict[str, Any] | None = None,
    at_once: int = 16,
) -> list[Scorecard]:
    """Score cases (`key`, `input`, `expected`) against the outputs of the same keys.

    A case without an output is unscored. So many cases wait for models at once. Works inside a
    running event loop too, as in a notebook, which it blocks. Raises PackError or JudgeError for
    what is not valid.
    """
    evaluator = prepare(pack, options)

    async def score(case: Mapping[str, Any]) -> Scorecard:
        return await _score(evaluator, case, pack=pack, output=outputs.get(case["key"]))

    return run_here(lambda: together(score, cases, at_once=at_once))


async def _score(
    evaluator: Evaluator, case: Mapping[str, Any], *, pack: str, output: Any
) -> Scorecard:
    given, expected = validate_case(pack, input=case["input"], expected=case["expected"])
    checked = None if output is None else validate_output(pack, output)
    results = await evaluator.score_async(input=given, expected=expected, output=checked)
    verdict = evaluator.fold(results)
    return Scorecard(
        key=case["key"],
        status=verdict.status,
        overall_score=verdict.overall_score,
        overall_passed=verdict.overall_passed,
        results=tuple(Result(*result[:-1], dict(result.details)) for result in results),
    )
