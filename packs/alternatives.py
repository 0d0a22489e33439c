"""Judging an answer against several as good: the best counts."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator

from judges.protocol import Score


def best_of(scores: Iterator[Score | Awaitable[Score]]) -> Score | Awaitable[Score]:
    """Give the best of one judge's scores; where the first passes, no other is computed.

    A judge that asks a model is asked no more once an alternative passed.
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
    for given in rest:
        if best.passed:
            break
        score = given if isinstance(given, Score) else await given
        best = max(best, score, key=_rank)
    return best


def _rank(score: Score) -> tuple[bool, float]:
    return bool(score.passed), -1.0 if score.value is None else score.value
