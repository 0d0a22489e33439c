"""Judging an answer against several as good: the best counts."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator

from judges.protocol import Score


def best_of(scores: Iterator[Score | Awaitable[Score]]) -> Score | Awaitable[Score]:
    """Give the best of one judge's scores; where the first passes, no other is computed.

    A judge that asks a model is asked no more once an alternative passed. Where none passed and one
    could not be judged, nobody knows that all fail: the whole is unscored.
    """
    first = next(scores)
    return _best(first, scores) if isinstance(first, Score) else _best_later(first, scores)


def _best(first: Score, rest: Iterator[Score | Awaitable[Score]]) -> Score:
    if first.passed:
        return first
    scores = (score for score in rest if isinstance(score, Score))
    return max((first, *scores), key=_rank)


async def _best_later(first: Awaitable[Score], rest: Iterator[Score | Awaitable[Score]]) -> Score:
    best = await first
    # Not drawn once one passed: a promise that nobody waits for is complained of.
    while not best.passed and (given := next(rest, None)) is not None:
        score = given if isinstance(given, Score) else await given
        best = max(best, score, key=_rank)
    return best


def _rank(score: Score) -> tuple[int, float]:
    """Order: passed, not judged, failed; an alternative that cannot be met by anything is last."""
    if score.value is None:
        return (0 if score.code.startswith("expected_") else 2), 0.0
    return (3 if score.passed else 1), score.value
