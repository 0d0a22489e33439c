"""Trends, shifts, watches and leaderboards over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from evalsite.leaderboard.models import Board
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends.models import Shift
from tests.api.conftest import asker, get, post, refusal
from tests.board_rows import make_board, make_standing
from tests.factories import (
    make_experiment,
    make_result,
    make_summary,
)
from tests.trend_rows import make_shift, make_watch


@pytest.fixture
def versions(acme: Tenant) -> None:
    """Three versions in an experiment of Acme, two tasks each."""
    with tenant(acme.pk):
        study = make_experiment(name="study")
        for version in ("1", "2", "3"):
            for task in ("a", "b"):
                score = float(version) / 4
                make_result(experiment=study, task=task, version=version, score=score)


@pytest.fixture
def shift(acme: Tenant) -> Shift:
    """A shift of Acme that nobody has seen."""
    with tenant(acme.pk):
        return make_shift()


@pytest.fixture
def board(acme: Tenant) -> Board:
    """A board of Acme with three systems."""
    with tenant(acme.pk):
        board = make_board()
        for value in (0.9, 0.5, 0.7):
            standing = make_standing(board=board, value=value)
            make_summary(batch=standing.batch)
    return board


def test_a_trend_has_an_interval_at_each_point(api: Client, versions: None) -> None:
    points = get(api, "trends", experiment="study").json()["points"]
    assert [(point["version"], point["avg"]) for point in points] == [
        ("1", 0.25),
        ("2", 0.5),
        ("3", 0.75),
    ]
    assert points[0]["line"] == {"experiment": "study", "group": "baseline"}
    assert points[0]["low"] < 0.25 < points[0]["high"]


def test_a_trend_may_be_of_the_newest_versions(api: Client, versions: None) -> None:
    told = get(api, "trends", metric="pass_rate", versions=2).json()
    assert told["metric"] == "pass_rate"
    assert [point["version"] for point in told["points"]] == ["2", "3"]


def test_nothing_measured_is_no_point(api: Client, stranger: Client, versions: None) -> None:
    assert get(api, "trends", experiment="other").json()["points"] == []
    assert get(stranger, "trends", experiment="study").json()["points"] == []


@pytest.mark.parametrize(
    "asked", [{"metric": "beauty"}, {"group": "third"}, {"days": "-1"}, {"versions": 0}]
)
def test_a_bad_selection_is_refused(api: Client, asked: dict[str, Any]) -> None:
    refused = get(api, "trends", **asked)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, next(iter(asked)))


def test_a_shift_is_seen_once(api: Client, shift: Shift) -> None:
    (listed,) = get(api, "shifts", state="open", suite=shift.suite_id).json()["results"]
    seen = post(api, f"shifts/{shift.pk}/seen", {})
    assert (listed["state"], seen.json()["state"]) == ("open", "seen")
    assert get(api, f"shifts/{shift.pk}").json() == seen.json()
    assert get(api, "shifts", state="open").json()["results"] == []


def test_a_curator_sees_no_shift_off(acme: Tenant, shift: Shift) -> None:
    curator = asker(acme, role=Role.CURATOR)
    assert post(curator, f"shifts/{shift.pk}/seen", {}).status_code == 403


def test_a_shift_takes_no_body(api: Client, shift: Shift) -> None:
    assert post(api, f"shifts/{shift.pk}/seen", {"state": "open"}).status_code == 400


def test_another_tenant_finds_no_shift(stranger: Client, shift: Shift) -> None:
    assert get(stranger, "shifts").json()["results"] == []
    assert get(stranger, f"shifts/{shift.pk}").status_code == 404
    assert post(stranger, f"shifts/{shift.pk}/seen", {}).status_code == 404
    assert get(stranger, "shifts", suite=shift.suite_id).json()["results"] == []


def test_what_is_watched_is_told(api: Client, stranger: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        watch = make_watch(evidence=400, n_versions=12)
    (listed,) = get(api, "watches", metric=watch.metric).json()["results"]
    assert (listed["n_versions"], listed["p_value"]) == (12, 0.25)
    assert get(api, f"watches/{watch.pk}").json() == listed
    assert get(stranger, f"watches/{watch.pk}").status_code == 404


def test_a_board_is_told_page_by_page(api: Client, board: Board) -> None:
    first = get(api, "leaderboard", suite=board.suite.name, page_size=2).json()
    second = api.get(first["next"]).json()
    rows = [*first["results"], *second["results"]]
    assert [(row["rank"], row["rank_low"] <= row["rank"]) for row in rows] == [
        (1, True),
        (2, True),
        (3, True),
    ]
    assert (first["n"], first["is_stale"], second["next"]) == (3, True, None)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "invalid"),
        ({"suite": "nobody's"}, "suite_unknown"),
        ({"suite": "{}", "board": "fff"}, "board_unknown"),
        ({"suite": "{}", "cursor": "x"}, "cursor_invalid"),
        ({"suite": "{}", "metric": "beauty"}, "invalid"),
    ],
)
def test_a_bad_question_about_a_board_is_refused(
    api: Client, board: Board, asked: dict[str, str], code: str
) -> None:
    params = {name: text.format(board.suite.name) for name, text in asked.items()}
    assert refusal(get(api, "leaderboard", **params)) == code


def test_another_tenant_finds_no_board(stranger: Client, board: Board) -> None:
    assert get(stranger, "leaderboard", suite=board.suite.name).json()["code"] == "suite_unknown"


@pytest.mark.parametrize("address", ["shifts", "watches", "leaderboard"])
def test_more_rows_are_no_more_queries(
    api: Client,
    board: Board,
    acme: Tenant,
    address: str,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    with tenant(acme.pk):
        for _ in range(8):
            make_shift()
            make_watch()
            make_summary(batch=make_standing(board=board, value=0.6).batch)
    params = {"suite": board.suite.name} if address == "leaderboard" else {}
    with django_assert_max_num_queries(18):
        assert len(get(api, address, **params).json()["results"]) >= 8
