"""A database that is away is waited for; a statement that it refuses is not."""

from __future__ import annotations

import pytest
from django.db import DataError, Error, connection

from evalsite.pipeline import patience
from evalsite.pipeline.patience import is_away, patiently


def asked(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def raised(sql: str) -> Error:
    with pytest.raises(Error) as caught:
        asked(sql)
    return caught.value


def test_work_is_done_when_the_database_is_back(committed_db: None) -> None:
    tries: list[int] = []

    def act() -> str:
        tries.append(1)
        asked("SELECT pg_terminate_backend(pg_backend_pid())" if len(tries) == 1 else "SELECT 1")
        return "done"

    assert patiently(act) == "done"
    assert len(tries) == 2


def test_patience_ends(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_PATIENCE_S", -1)
    with pytest.raises(Error):
        patiently(lambda: asked("SELECT pg_terminate_backend(pg_backend_pid())"))


def test_what_the_database_refuses_is_not_tried_again(committed_db: None) -> None:
    tries: list[int] = []

    def act() -> None:
        tries.append(1)
        asked("SELECT 1 / 0")

    with pytest.raises(DataError):
        patiently(act)
    assert len(tries) == 1


@pytest.mark.parametrize(
    ("state", "away"),
    [("53100", True), ("57P01", True), ("57P03", True), ("25P03", True), ("57014", False)],
)
def test_trouble_is_told_from_refusal(state: str, away: bool, committed_db: None) -> None:
    error = raised(f"DO $$ BEGIN RAISE EXCEPTION USING errcode = '{state}'; END $$")
    assert is_away(error) == away
