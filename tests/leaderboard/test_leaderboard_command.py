"""`manage.py leaderboard`, as a person and as a program reads it."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from evalsite.cases.models import Suite
from evalsite.leaderboard import rank as ranking
from evalsite.leaderboard.models import Board
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody
from tests.factories import make_run, make_suite, make_target
from tests.leaderboard.stood import stood, system

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    """Two systems that differ, and one between them that does not."""
    suite = make_suite(name="sums")
    system(suite, "best", "P" * 60)
    system(suite, "near", "P" * 55 + "F" * 4 + "U")
    system(suite, "far", "P" * 50 + "F" * 10)
    return suite


def told(*arguments: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    with nobody():
        call_command("leaderboard", "sums", *map(str, arguments), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def lines(*arguments: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told("--json", *arguments)[0].splitlines()]


@pytest.mark.usefixtures("suite")
def test_the_table_says_who_is_tied_and_how_sure_it_is() -> None:
    table, _ = told()
    best, near, far = (
        next(li for li in table.splitlines() if n in li) for n in ("best", "near", "far")
    )
    assert best.startswith("1 (1 to 2)  a     best")
    assert near.startswith("2 (1 to 3)  a b   near")
    assert "100.0 (94.0 to 100.0)" in best
    assert near.split()[-4:-2] == ["60", "1"]
    assert far.startswith("3 (2 to 3)  b     far")
    assert max(map(len, table.splitlines())) <= 100
    assert "common letter were not shown to differ" in table


@pytest.mark.usefixtures("suite")
def test_programs_get_lines_of_json() -> None:
    head, *rows = lines()
    assert (head["n"], head["is_stale"], head["suite"]) == (3, False, "sums")
    assert [(row["name"], row["rank_low"], row["rank_high"], row["ties"]) for row in rows] == [
        ("best", 1, 2, "a"),
        ("near", 1, 3, "a b"),
        ("far", 2, 3, "b"),
    ]
    assert (rows[1]["n"], rows[1]["unscored"], rows[1]["errored"]) == (60, 1, 0)


@pytest.mark.usefixtures("suite")
def test_pages_follow_one_another() -> None:
    head, *first = lines("--limit", 2)
    rest, *second = lines("--limit", 2, "--after", head["next"])
    assert [row["rank"] for row in (*first, *second)] == [1, 2, 3]
    assert rest["next"] == ""
    assert head["next"] in told("--limit", 2)[1]


@pytest.mark.usefixtures("suite")
@pytest.mark.parametrize("option", ["--limit", "--days"])
@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 20])
def test_numbers_begin_at_one(option: str, number: str) -> None:
    with pytest.raises(CommandError, match="whole number from 1 up"):
        told(option, number)


@pytest.mark.usefixtures("suite")
def test_a_filter_that_nothing_fits_says_so() -> None:
    assert "No system fits" in told("--target", "nobody")[1]


def test_versions_are_named_by_target_and_version(suite: Suite) -> None:
    target = make_target(name="bot")
    for version in ("1.0", "1.1", "1.1"):
        stood(
            suite, "P" * 60, run=make_run(target=target, client_type="web", client_version=version)
        )
    names = [row["name"] for row in lines("--by", "version", "--target", "bot")[1:]]
    assert sorted(names) == ["bot web 1.0", "bot web 1.1"]
    assert len(lines("--by", "run", "--client-version", "1.1")) == 3


def test_a_reservation_is_said(suite: Suite) -> None:
    system(suite, "quiet", "P" * 20 + "E" * 40)
    table, _ = told()
    assert "quiet (unscored)" in table
    assert "too many cases have no verdict, so it may have any rank: quiet." in table


def test_who_was_not_compared_is_marked(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "MOST_SYSTEMS", 2)
    table, _ = told()
    assert "3 (~2 to 3)  -     far" in table
    assert "~ not compared pair by pair" in table
    assert suite.name in table


def test_other_boards_are_named(suite: Suite) -> None:
    old = Board.objects.get(suite=suite).digest[:8]
    system(suite, "later", "P" * 60, suite_version=2)
    assert f"version 1, exact, --board {old}" in told()[0]
    assert [row["name"] for row in lines("--board", old)[1:]] == ["best", "near", "far"]


@pytest.mark.usefixtures("suite")
def test_it_can_be_built_from_batches_of_before() -> None:
    Board.objects.update(digest="gone")
    assert len(lines("--rebuild")[1:]) == 3


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--after", "x"], "cursor_invalid"), (["--board", "x"], "board_unknown")],
)
@pytest.mark.usefixtures("suite")
def test_what_is_wrong_has_a_code(arguments: list[str], code: str) -> None:
    with pytest.raises(CommandError, match=code) as caught:
        told(*arguments)
    assert caught.value.returncode == 2
