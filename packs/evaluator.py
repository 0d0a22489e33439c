"""Scoring one case after another with everything that can be resolved once resolved before."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from inspect import isawaitable
from typing import Any

from judges.guard import Crash, attempt, attempt_later, guarded, settle
from judges.models import Usage, metered, usage_as_json
from judges.protocol import PASS, Score, is_sound
from packs.fold import Fold, fold
from packs.protocol import (
    NOT_APPLICABLE,
    CaseJudge,
    Pack,
    Stage,
    StageResult,
    StageStatus,
)

_MISSING = Crash("output_missing", "The system under test gave no output for this case.")
_STRICT = json.JSONEncoder(allow_nan=False)
# Looked up once, as in `packs.fold`.
_PASSED, _FAILED = StageStatus.PASSED, StageStatus.FAILED
_NOT_WAITED_FOR = Crash("promise_broken", "Nobody waited for this verdict.")


class Evaluator:
    """A pack with fixed options, ready to score any number of cases."""

    def __init__(
        self,
        pack: Pack,
        *,
        options: dict[str, Any],
        stages: tuple[Stage, ...],
        judges: dict[str, CaseJudge],
    ) -> None:
        self.pack = pack
        self.options = options
        self.stages = stages
        self._judges = {name: guarded(judge) for name, judge in judges.items()}
        self._gates = frozenset(stage.name for stage in stages if stage.gate)
        # What most cases come to: a plain pass of every stage.
        self.plain = tuple(StageResult(stage.name, _PASSED, 1.0) for stage in stages)

    def manifest(self) -> dict[str, Any]:
        """Give all that fixes a verdict as JSON, to be frozen into a batch.

        `prepare(manifest["pack"], manifest["options"])` gives the same evaluator again.
        """
        return {
            "pack": self.pack.name,
            "pack_version": self.pack.version,
            "options": self.options,
            "stages": [asdict(stage) for stage in self.stages],
        }

    def score(
        self,
        *,
        input: Any,
        expected: Any,
        output: Any,
        stages: Collection[str] | None = None,
        previous: Sequence[StageResult] = (),
    ) -> tuple[StageResult, ...]:
        """Judge one case: the named stages (or all) in order, after the previous results.

        A gate that failed, here or before, makes every later stage `skipped`. A failing judge is
        `errored`, a missing output (None) is `unscored`; nothing is raised for a bad case.
        A judge that asks a model is waited for in an event loop of its own.
        """
        results: list[StageResult] = []
        case = (input, expected, output)
        for promise in self._score(case, only=stages, previous=previous, into=results):
            with metered() as promise.calls:
                promise.kept = settle(promise.given)
        return tuple(results)

    async def score_async(
        self,
        *,
        input: Any,
        expected: Any,
        output: Any,
        stages: Collection[str] | None = None,
        previous: Sequence[StageResult] = (),
    ) -> tuple[StageResult, ...]:
        """Do what score does inside a running event loop, beside other cases."""
        results: list[StageResult] = []
        case = (input, expected, output)
        for promise in self._score(case, only=stages, previous=previous, into=results):
            with metered() as promise.calls:
                promise.kept = await attempt_later(promise.given)
        return tuple(results)

    def _score(
        self,
        case: tuple[Any, Any, Any],
        *,
        only: Collection[str] | None,
        previous: Sequence[StageResult],
        into: list[StageResult],
    ) -> Iterator[_Promise]:
        """Fill the results; yield each promise of a judge, to be kept before the next stage."""
        input, expected, output = case
        stopped = self.stopped_by(previous)
        for plain in self.plain:
            name = plain.stage
            if only is not None and name not in only:
                continue
            if stopped:
                into.append(_skipped(name, by=stopped))
                continue
            if output is None:
                given: Any = _MISSING
            else:
                given = self._judges[name](expected, output, input=input)
            if given is PASS:  # the commonest verdict needs no check
                into.append(plain)
                continue
            if not isinstance(given, Score) and isawaitable(given):
                promise = _Promise(given)
                yield promise
                result = promise.result(name)
            else:
                result = _result(name, given)
            if result.status is _FAILED and name in self._gates:
                stopped = name
            into.append(result)

    def stopped_by(self, results: Sequence[StageResult]) -> str:
        """Name the gate that failed among these results, or nothing."""
        for result in results:
            if result.status is _FAILED and result.stage in self._gates:
                return result.stage
        return ""

    def fold(self, results: Sequence[StageResult]) -> Fold:
        """Fold all results of one case into its overall verdict."""
        return fold(self.stages, results)


@dataclass(slots=True)
class _Promise:
    """A verdict that a judge has promised, what it came to, and the model calls that it took."""

    given: Awaitable[Score]
    kept: Score | Crash = _NOT_WAITED_FOR
    calls: list[Usage] = field(default_factory=list)

    def result(self, stage: str) -> StageResult:
        """Give the result of the stage, with the calls beside it."""
        result = _result(stage, self.kept)
        if self.calls:
            calls = usage_as_json(self.calls)
            result = result._replace(details={**result.details, "calls": calls})
        return result


def _result(stage: str, given: Any) -> StageResult:
    if given is _MISSING:
        return StageResult(stage, StageStatus.UNSCORED, None, _MISSING.reason, _MISSING.code)
    if isinstance(given, Crash):
        return StageResult(stage, StageStatus.ERRORED, None, given.reason, given.code)
    if not is_sound(given) or not _can_be_stored(given):
        return StageResult(stage, StageStatus.ERRORED, None, f"{given!r}"[:500], "score_invalid")
    if given.value is None:
        unscored = given.code != NOT_APPLICABLE
        status = StageStatus.UNSCORED if unscored else StageStatus.NOT_APPLICABLE
    else:
        status = _PASSED if given.passed else _FAILED
    details = dict(given.details) if given.details else {}
    return StageResult(stage, status, given.value, given.reason, given.code, details)


def _can_be_stored(score: Score) -> bool:
    if not score.details:
        return True
    return not isinstance(attempt(_STRICT.encode, dict(score.details)), Crash)


def _skipped(stage: str, *, by: str) -> StageResult:
    return StageResult(stage, StageStatus.SKIPPED, None, f"{by} failed before", "gate_failed")
