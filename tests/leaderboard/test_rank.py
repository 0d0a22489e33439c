"""What ranking writes down, how much of it, and that it can come at any time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from uuid import UUID

import pytest

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.leaderboard import rank as ranking
from evalsite.leaderboard.field import Field, load_fields
from evalsite.leaderboard.models import Board, Metric, Standing
from evalsite.leaderboard.rank import rank, room
from evalsite.tenants.models import Tenant
from tests.factories import make_suite
from tests.leaderboard.stood import board_of, standing, stood, system
from tests.summaries.filled import Card

pytestmark = pytest.mark.usefixtures("as_acme")

Place = tuple[int | None, int | None, int | None, int | None]


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


def place(batch: Batch, metric: str = "pass_rate") -> Place:
    found = standing(batch, metric=metric)
    return found.rank_low, found.rank_high, found.tie_from, found.tie_to


def test_intervals_and_ties_come_from_pairs(suite: Suite) -> None:
    best = system(suite, "best", "P" * 60)
    near = system(suite, "near", "P" * 55 + "F" * 5)
    far = system(suite, "far", "P" * 50 + "F" * 10)
    assert rank(board_of(suite).pk)
    assert [place(b) for b in (best, near, far)] == [(1, 2, 1, 1), (1, 3, 1, 2), (2, 3, 2, 2)]


def test_each_metric_is_ranked_by_itself(suite: Suite) -> None:
    good = system(suite, "good", [Card(f"c{i}", "failed", 0.9 - i / 900) for i in range(40)])
    bad = system(suite, "bad", [Card(f"c{i}", "failed", 0.2 + i / 900) for i in range(40)])
    rank(board_of(suite).pk)
    assert place(good) == place(bad) == (1, 2, 1, 1)
    assert (place(good, "score"), place(bad, "score")) == ((1, 1, 1, 1), (2, 2, 2, 2))


def test_repetitions_are_averaged_inside_a_case(suite: Suite) -> None:
    def repeated(statuses: str) -> list[Card]:
        names = {"P": "passed", "F": "failed"}
        return [Card(f"c{i}", names[s], None, r) for i in range(30) for r, s in enumerate(statuses)]

    half = system(suite, "half", repeated("PF"), repetitions=2)
    other = system(suite, "other", repeated("FP"), repetitions=2)
    rank(board_of(suite).pk)
    assert place(half) == place(other) == (1, 2, 1, 1)


def test_cases_of_one_cluster_are_one_witness(suite: Suite) -> None:
    def clustered(failing: int) -> list[Card]:
        cases = [{"metadata": {"document": str(i // 20)}} for i in range(100)]
        status = ["failed" if i // 20 < failing else "passed" for i in range(100)]
        return [Card(f"c{i}", status[i], case=cases[i]) for i in range(100)]

    ahead = system(suite, "ahead", clustered(0))
    system(suite, "behind", clustered(3))
    board = board_of(suite)
    rank(board.pk)
    assert place(ahead)[:2] == (1, 1)
    Suite.objects.filter(pk=suite.pk).update(cluster_key="document")
    Board.objects.update(ranked_version=0)
    rank(board.pk)
    assert place(ahead)[:2] == (1, 2)


def test_a_reserved_system_is_compared_with_nobody(suite: Suite) -> None:
    good = system(suite, "good", "P" * 40)
    doubtful = system(suite, "doubtful", "F" * 40, preflight="untrusted")
    bad = system(suite, "bad", "F" * 40)
    rank(board_of(suite).pk)
    assert place(doubtful) == (1, 3, None, None)
    assert (place(good), place(bad)) == ((1, 2, 1, 1), (2, 3, 2, 2))


def test_beyond_the_leaders_own_intervals_speak(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MOST_SYSTEMS", 2)
    first = system(suite, "first", "P" * 60)
    second = system(suite, "second", "P" * 58 + "F" * 2)
    third = system(suite, "third", "P" * 55 + "F" * 5)
    system(suite, "last", "F" * 60)
    rank(board_of(suite).pk)
    assert (place(first), place(second)) == ((1, 3, 1, 1), (1, 3, 1, 1))
    assert place(third) == (None, None, None, None)


def test_who_falls_behind_the_leaders_loses_its_interval(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "MOST_SYSTEMS", 2)
    fallen = system(suite, "fallen", "F" * 30)
    system(suite, "good", "P" * 30)
    rank(board_of(suite).pk)
    assert place(fallen) == (2, 2, 2, 2)
    system(suite, "better", "P" * 29 + "F")
    rank(board_of(suite).pk)
    assert place(fallen) == (None, None, None, None)


def test_it_works_only_when_batches_came(suite: Suite) -> None:
    system(suite, "one", "P" * 20)
    board = board_of(suite)
    assert [rank(board.pk), rank(board.pk)] == [True, False]
    stood(suite, "F" * 20)
    assert rank(board.pk)


def test_a_slower_ranking_writes_nothing_over_a_newer_one(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = system(suite, "first", "P" * 30)
    board = board_of(suite)

    def overtaken(board: Board, batches: Sequence[UUID]) -> dict[Metric, Field]:
        monkeypatch.setattr(ranking, "load_fields", load_fields)
        system(suite, "second", "F" * 30)
        assert rank(board.pk)
        return load_fields(board, batches)

    monkeypatch.setattr(ranking, "load_fields", overtaken)
    assert not rank(board.pk)
    assert place(first) == (1, 1, 1, 1)
    assert standing(Batch.objects.get(run__name="second")).rank_low == 2


@pytest.mark.parametrize(
    ("n_cases", "systems"), [(0, 300), (100, 300), (10_000, 100), (100_000, 10), (10**7, 2)]
)
def test_the_work_is_bounded(n_cases: int, systems: int) -> None:
    assert room(n_cases) == systems


def test_an_interval_holds_the_rank_by_the_mean(suite: Suite) -> None:
    dice = random.Random(3)
    for number in range(8):
        letters = "".join(dice.choices("PF", weights=(number + 3, 6), k=50))
        system(suite, f"s{number}", letters)
    rank(board_of(suite).pk)
    found = Standing.objects.filter(kind="run", metric="pass_rate").order_by("-value")
    for one in found:
        by_mean = 1 + sum((other.value or 0) > (one.value or 0) for other in found)
        assert (one.rank_low or 0) <= by_mean <= (one.rank_high or 0)
