"""The test kit of a pack's author: `assert not check_pack(PACK, examples)`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from judges.conformance import GARBAGE
from judges.guard import Crash, attempt
from judges.protocol import shown
from packs.evaluator import Evaluator
from packs.prepare import prepare_pack
from packs.protocol import Pack, StageResult, StageStatus
from packs.validate import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class PackExample:
    """A case with an output that passes and one that fails."""

    input: Any
    expected: Any
    right: Any
    wrong: Any
    options: dict[str, Any] = field(default_factory=dict)


def check_pack(pack: Pack, examples: Iterable[PackExample]) -> list[str]:
    """Give all that is wrong with a pack, in words; an empty list is a good pack."""
    if not isinstance(pack, Pack) or isinstance(pack, type):
        return ["it does not follow the protocol of a pack"]
    examples = list(examples)
    problems = [] if examples else ["no examples were given"]
    problems += [
        f"{key} is empty" for key in ("name", "version", "title") if not getattr(pack, key)
    ]
    for number, example in enumerate(examples):
        problems += [f"example {number}: {text}" for text in _check_example(pack, example)]
    return problems


def _check_example(pack: Pack, example: PackExample) -> Iterator[str]:
    evaluator = attempt(prepare_pack, pack, example.options)
    if isinstance(evaluator, Crash):
        yield f"it cannot be prepared: {evaluator.reason}"
        return
    if isinstance(attempt(json.dumps, evaluator.manifest()), Crash):
        yield "its manifest is not JSON"
    yield from _check_normal(pack, example)
    case = {"input": example.input, "expected": example.expected}
    yield from _check_verdict(evaluator, case, output=example.right, wanted="passed")
    yield from _check_verdict(evaluator, case, output=example.wrong, wanted="failed")
    yield from _check_verdict(evaluator, case, output=None, wanted="unscored")
    for thing in GARBAGE:
        if thing is not None:
            yield from _check_results(evaluator, evaluator.score(**case, output={"answer": thing}))


def _check_normal(pack: Pack, example: PackExample) -> Iterator[str]:
    parts = (
        ("input", pack.Input, example.input),
        ("expected", pack.Expected, example.expected),
        ("output", pack.Output, example.right),
        ("output", pack.Output, example.wrong),
    )
    for at, model, value in parts:
        once = attempt(normalise, model, value, at=at)
        if isinstance(once, Crash):
            yield f"its {at} is refused: {once.reason}"
        elif attempt(normalise, model, once, at=at) != once:
            yield f"its {at} changes when it is validated again"


def _check_verdict(
    evaluator: Evaluator, case: dict[str, Any], *, output: Any, wanted: str
) -> Iterator[str]:
    results = evaluator.score(**case, output=output)
    status = evaluator.fold(results).status
    if status != wanted:
        yield f"{shown(output)}: {status}, expected {wanted}: {_reasons(results)}"
    if evaluator.score(**case, output=output) != results:
        yield f"{shown(output)}: two calls gave two verdicts"
    yield from _check_results(evaluator, results)


def _check_results(evaluator: Evaluator, results: tuple[StageResult, ...]) -> Iterator[str]:
    if [result.stage for result in results] != [stage.name for stage in evaluator.stages]:
        yield "the results are not those of its stages, in order"
    for result in results:
        if result.status not in (StageStatus.PASSED, StageStatus.ERRORED) and not result.reason:
            yield f"{result.stage}: {result.status} without a reason"


def _reasons(results: tuple[StageResult, ...]) -> str:
    return "; ".join(f"{result.stage} {result.status} {result.reason}" for result in results)
