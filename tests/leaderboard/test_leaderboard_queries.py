"""A board page by page: whatever happens meanwhile, nobody twice and nobody left out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsite.cases.models import Suite
from evalsite.leaderboard import rank as ranking
from evalsite.leaderboard.models import Board, Kind, Metric, Standing
from evalsite.leaderboard.queries import (
    BoardUnknown,
    CursorInvalid,
    Page,
    Row,
    Wanted,
    Way,
    find_board,
    page,
)
from evalsite.leaderboard.rank import rank
from evalsite.tenants.models import Tenant
from tests.factories import make_run, make_suite
from tests.leaderboard.stood import board_of, stood, system

pytestmark = pytest.mark.usefixtures("as_acme")

RUNS = Way(Kind.RUN, Metric.RATE)


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


@pytest.fixture
def board(suite: Suite) -> Board:
    """Twelve systems, many of them with the same mean, and one without any verdict."""
    for number in range(12):
        system(suite, f"s{number}", "P" * (20 - number // 4) + "F" * (number // 4))
    system(suite, "mute", "U" * 20)
    return board_of(suite)


def pages(board: Board, *, limit: int, way: Way = RUNS) -> Iterator[Page]:
    """Turn the pages until there is none."""
    after = ""
    while True:
        found = page(board, way, after=after, limit=limit)
        yield found
        after = found.next
        if not after:
            return


def names(rows: list[Row]) -> list[str]:
    return [row.standing.run.name for row in rows]


def test_the_highest_mean_stands_first(board: Board) -> None:
    found = page(board, RUNS)
    assert [row.standing.value for row in found.rows] == [1.0] * 4 + [0.95] * 4 + [0.9] * 4
    assert [row.rank for row in found.rows] == [1] * 4 + [5] * 4 + [9] * 4
    assert (found.n, found.n_without, found.next) == (12, 1, "")


@pytest.mark.parametrize("limit", [1, 3, 4, 5, 11, 12, 13])
def test_pages_make_up_the_whole(board: Board, limit: int) -> None:
    turned = [row for found in pages(board, limit=limit) for row in found.rows]
    whole = page(board, RUNS).rows
    assert names(turned) == names(whole)
    assert [row.rank for row in turned] == [row.rank for row in whole]


def test_ranking_between_two_pages_moves_nobody(board: Board) -> None:
    first = page(board, RUNS, limit=6)
    assert rank(board.pk)
    second = page(board, RUNS, after=first.next, limit=6)
    assert len({*names(first.rows), *names(second.rows)}) == 12


def test_a_newcomer_ahead_repeats_nobody(board: Board, suite: Suite) -> None:
    first = page(board, RUNS, limit=6)
    system(suite, "new", "P" * 20)
    second = page(board, RUNS, after=first.next, limit=6)
    assert len({*names(first.rows), *names(second.rows)}) == 12
    assert second.rows[-1].rank == 10


def test_ranks_are_those_among_all_whatever_is_shown(board: Board) -> None:
    (row,) = page(board, RUNS, wanted=Wanted(target="s9")).rows
    assert (row.rank, row.standing.run.name) == (9, "s9")
    assert not page(board, RUNS, wanted=Wanted(target="nobody")).rows


def test_systems_can_be_picked(suite: Suite) -> None:
    stood(suite, "P", run=make_run(name="a", client_type="web", client_version="1"))
    stood(suite, "F", run=make_run(name="b", client_type="web", client_version="2"))
    board, week_ago = board_of(suite), timezone.now() - timedelta(days=7)
    assert names(page(board, RUNS, wanted=Wanted(client_version="2")).rows) == ["b"]
    assert len(page(board, RUNS, wanted=Wanted(client_type="web")).rows) == 2
    Standing.objects.filter(run__name="a").update(batch_at=week_ago)
    assert names(page(board, RUNS, wanted=Wanted(days=6)).rows) == ["b"]
    assert len(page(board, RUNS, wanted=Wanted(days=8)).rows) == 2


def test_rank_intervals_are_there_once_it_is_ranked(board: Board) -> None:
    before = page(board, RUNS).rows[0]
    assert (before.is_compared, before.ties) == (False, None)
    rank(board.pk)
    after = page(board, RUNS).rows[0]
    assert (after.is_compared, after.low, after.high) == (True, 1, 12)
    assert after.ties is not None


def test_who_is_not_compared_is_placed_by_its_own_interval(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MOST_SYSTEMS", 2)
    dice = random.Random(5)
    for number in range(15):
        system(suite, f"s{number}", "".join(dice.choices("PF", (number + 1, 8), k=40)))
    board = board_of(suite)
    rank(board.pk)
    rows = page(board, RUNS).rows
    for row in rows[2:]:
        low, high = row.standing.interval
        ends = [other.standing.interval for other in rows]
        better, worse = sum(end.low > high for end in ends), sum(end.high < low for end in ends)
        assert (row.is_compared, row.low, row.high) == (False, 1 + better, 15 - worse)
    assert any(row.low > 1 or row.high < 15 for row in rows[2:])


def test_a_reserved_system_may_have_any_rank(suite: Suite) -> None:
    system(suite, "good", "P" * 40)
    system(suite, "doubtful", "F" * 40, preflight="untrusted")
    row = page(board_of(suite), RUNS).rows[1]
    assert (row.rank, row.low, row.high) == (2, 1, 2)


def test_a_row_has_the_batchs_other_figures(board: Board) -> None:
    row = page(board, RUNS).rows[0]
    assert (row.whole.batch_id, row.whole.n) == (row.standing.batch_id, 20)


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(CursorInvalid):
        page(Board(), RUNS, after=f"{text}!")


def test_a_board_is_found_by_how_its_digest_begins(suite: Suite) -> None:
    with pytest.raises(BoardUnknown, match="no board yet"):
        find_board(suite)
    stood(suite, "P")
    older = board_of(suite)
    stood(suite, "P", suite_version=2)
    assert find_board(suite, older.digest[:12]) == older
    assert find_board(suite).suite_version == 2
    with pytest.raises(BoardUnknown):
        find_board(suite, "nothing")
