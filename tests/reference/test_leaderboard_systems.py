"""Leaderboards of recorded systems, against tests and intervals computed here anew."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import pytest
from scipy.stats import binom

from evalsite.cases.models import Suite
from evalsite.leaderboard.models import Kind, Metric
from evalsite.leaderboard.queries import Row, Way, find_board, page
from evalsite.leaderboard.rank import rank
from evalsite.leaderboard.show import name_of
from tests.factories import make_suite
from tests.leaderboard.stood import system
from tests.summaries.filled import Card

pytestmark = pytest.mark.usefixtures("as_acme")

Reference = Callable[[str], list[Any]]
Verdicts = dict[str, list[bool]]


def gsm8k(reference: Reference) -> Verdicts:
    """Four systems on 660 problems."""
    rows = reference("gsm8k_solutions/solutions.jsonl.gz")
    names = rows[0]["systems"]
    return {name: [row["systems"][name]["is_correct"] for row in rows] for name in names}


def triviaqa(reference: Reference) -> Verdicts:
    """Five systems on 482 questions, judged by people."""
    rows = reference("qa_correctness/triviaqa.jsonl.gz")
    names = rows[0]["answers"]
    return {name: [row["answers"][name]["human_correct"] for row in rows] for name in names}


def ranked(verdicts: Verdicts) -> list[Row]:
    """The board of these systems."""
    suite: Suite = make_suite()
    for name, passed in verdicts.items():
        cards = [Card(f"c{i}", "passed" if p else "failed") for i, p in enumerate(passed)]
        system(suite, name, cards)
    board = find_board(suite)
    assert rank(board.pk)
    return page(board, Way(Kind.RUN, Metric.RATE)).rows


def p_of(one: list[bool], other: list[bool]) -> float:
    """McNemar's p from the binomial distribution: exact below 25 changed cases, else mid-p."""
    lost = sum(a and not b for a, b in zip(one, other, strict=True))
    gained = sum(b and not a for a, b in zip(one, other, strict=True))
    fewer, changed = min(lost, gained), lost + gained
    p = 2 * binom.cdf(fewer, changed, 0.5)
    return float(min(1.0, p if changed < 25 else p - binom.pmf(fewer, changed, 0.5)))


def differing(verdicts: Verdicts) -> set[frozenset[str]]:
    """Which pairs Holm lets pass at 5 %: smallest first, until one is too large."""
    ps = sorted((p_of(verdicts[a], verdicts[b]), a, b) for a, b in combinations(verdicts, 2))
    found = set()
    for place, (p, a, b) in enumerate(ps):
        if p * (len(ps) - place) >= 0.05:
            break
        found.add(frozenset((a, b)))
    return found


@pytest.mark.parametrize(
    ("source", "cases", "pairs_that_differ"),
    [(gsm8k, 660, 6), (gsm8k, 80, 3), (triviaqa, 482, 8)],
    ids=["gsm8k", "a part of gsm8k", "triviaqa"],
)
def test_a_board_says_what_paired_tests_say(
    reference: Reference,
    source: Callable[[Reference], Verdicts],
    cases: int,
    pairs_that_differ: int,
) -> None:
    verdicts = {name: passed[:cases] for name, passed in source(reference).items()}
    rows, differ = ranked(verdicts), differing(verdicts)
    _check_order(rows, {name: sum(passed) / cases for name, passed in verdicts.items()})
    _check_ties(rows, differ)
    _check_intervals(rows, differ)
    assert len(differ) == pairs_that_differ


def _check_order(rows: list[Row], means: dict[str, float]) -> None:
    assert [name_of(row) for row in rows] == sorted(means, key=means.__getitem__, reverse=True)
    assert [row.standing.value for row in rows] == pytest.approx(sorted(means.values())[::-1])
    assert [row.rank for row in rows] == [*range(1, len(rows) + 1)]


def _check_ties(rows: list[Row], differ: set[frozenset[str]]) -> None:
    """Here, with nobody out of line between two that are alike, ties are all pairs alike."""
    for one, other in combinations(rows, 2):
        assert one.ties is not None
        assert other.ties is not None
        tied = one.ties.last >= other.ties.first
        assert tied is (frozenset((name_of(one), name_of(other))) not in differ)


def _check_intervals(rows: list[Row], differ: set[frozenset[str]]) -> None:
    for row in rows:
        apart = [o.rank for o in rows if frozenset((name_of(row), name_of(o))) in differ]
        better, worse = sum(r < row.rank for r in apart), sum(r > row.rank for r in apart)
        assert (row.low, row.high) == (1 + better, len(rows) - worse)
