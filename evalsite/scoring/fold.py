"""Fold the stage results of one case, of this step and the ones before, into its scorecard."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson
from uuid_utils import uuid7

from evalsite.scoring.answer import Answered
from evalsite.scoring.models import ScoreStatus
from evalsite.scoring.storable import to_json
from evalsite.scoring.write import Row
from packs.evaluator import Evaluator
from packs.protocol import StageResult, StageStatus

TARGET_ERROR: Final = "target_error"
_NOTHING: Final = "{}"

Results = tuple[StageResult, ...]
# The overall status, score, and pass or fail.
Verdict = tuple[str, float | None, bool | None]
_OPEN: Final[Verdict] = (ScoreStatus.OPEN.value, None, None)


class Written(NamedTuple):
    """What a scorecard says of a case's verdict; `details` and `stages` are JSON text."""

    status: str
    score: float | None
    passed: bool | None
    details: str
    stages: str


def fold(evaluator: Evaluator, answered: Answered, *, stages: Collection[str]) -> Row:
    """Judge the named stages of one case and answer its scorecard.

    The card stays open when a later step has stages left that no gate has ruled out.
    """
    before = _before(answered)
    fresh = _judge(evaluator, answered, stages=stages, before=before)
    return _card(evaluator, answered, before=before, fresh=fresh)


async def fold_async(evaluator: Evaluator, answered: Answered, *, stages: Collection[str]) -> Row:
    """Do what fold does inside a running event loop, beside other cases; raises Halt."""
    before = _before(answered)
    if answered.error:
        fresh = _target_failed(answered, stages)
    else:
        fresh = await evaluator.score_async(
            input=answered.input,
            expected=answered.expected,
            output=answered.answer,
            stages=stages,
            previous=before,
        )
    return _card(evaluator, answered, before=before, fresh=fresh)


def _card(evaluator: Evaluator, answered: Answered, *, before: Results, fresh: Results) -> Row:
    results = before + fresh
    if results == evaluator.plain:
        return _row(answered, _plain(evaluator))
    left = _left(evaluator, results)
    if left and (answered.answer is None or evaluator.stopped_by(results)):
        # The rest needs no judge: it is skipped behind the gate, or has no answer to judge.
        rest = _judge(evaluator, answered, stages=left, before=results)
        results, fresh, left = results + rest, fresh + rest, []
    verdict = _OPEN if left else evaluator.fold(results)
    return _row(answered, _written(verdict, results, fresh=fresh))


def _left(evaluator: Evaluator, results: Results) -> list[str]:
    if len(results) == len(evaluator.stages):  # the commonest: one step judges all
        return []
    done = {result.stage for result in results}
    return [stage.name for stage in evaluator.stages if stage.name not in done]


def _judge(
    evaluator: Evaluator, answered: Answered, *, stages: Collection[str], before: Results
) -> Results:
    if answered.error:
        return _target_failed(answered, stages)
    return evaluator.score(
        input=answered.input,
        expected=answered.expected,
        output=answered.answer,
        stages=stages,
        previous=before,
    )


def _before(answered: Answered) -> Results:
    if not answered.before:
        return ()
    return tuple(_from_json(name, value) for name, value in answered.before.items())


def _target_failed(answered: Answered, stages: Collection[str]) -> Results:
    return tuple(
        StageResult(name, StageStatus.ERRORED, None, answered.error[:500], TARGET_ERROR)
        for name in stages
    )


@lru_cache(maxsize=32)
def _plain(evaluator: Evaluator) -> Written:
    """Weigh and write out once what most cases come to."""
    return _written(evaluator.fold(evaluator.plain), evaluator.plain, fresh=())


def _written(verdict: Verdict, results: Results, *, fresh: Results) -> Written:
    stages = {result.stage: _to_json(result) for result in results}
    return Written(*verdict, _details(fresh), orjson.dumps(stages).decode())


def _row(answered: Answered, written: Written) -> Row:
    return Row(
        str(uuid7()),
        answered.revision_id,
        answered.repetition,
        answered.latency_ms,
        answered.tokens_in,
        answered.tokens_out,
        answered.cost_usd,
        *written,
    )


def _to_json(result: StageResult) -> dict[str, Any]:
    value: dict[str, Any] = {"status": result.status, "score": result.score}
    if result.code:
        value["code"] = result.code
    return value


def _from_json(stage: str, value: dict[str, Any]) -> StageResult:
    return StageResult(
        stage, StageStatus(value["status"]), value["score"], code=value.get("code", "")
    )


def _details(results: Results) -> str:
    """Keep why a stage came out as it did; a plain pass has nothing to explain."""
    why = {
        result.stage: {
            "reason": result.reason,
            **({"details": result.details} if result.details else {}),
        }
        for result in results
        if result.reason or result.details
    }
    return to_json(why) if why else _NOTHING
