"""A database that stands still is noticed, and who waits for it is freed."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from evalsite.tenants.backend import pulse
from tests.journeys.workshop import until
from tests.services import Services
from tests.stalling import Stalling, stalling


@pytest.fixture
def line(services: Services, committed_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The database behind a line that can stall, and somebody who looks on for the test."""
    monkeypatch.setattr(pulse, "_PAUSE_S", 0.05)
    monkeypatch.setattr(pulse, "PATIENCE_S", 1)
    place = connections["default"].settings_dict
    with stalling(services.layout.postgres_socket) as made:
        monkeypatch.setitem(place, "HOST", str(made.place.parent))
        connection.close()
        watch = pulse.start(connection.get_connection_params())
        yield made
        made.flow()
        watch.end()
        connection.close()


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchone()[0])


def test_who_waits_for_an_answer_is_freed(line: Stalling) -> None:
    assert ask() == 1
    with line.stalled(), pytest.raises(OperationalError):
        ask()


def test_while_it_is_away_nobody_begins_to_wait(line: Stalling) -> None:
    with line.stalled():
        until(pulse.is_away, seconds=20, what="it is noticed")
        with pytest.raises(OperationalError, match="does not answer"):
            ask()
    until(lambda: not pulse.is_away(), seconds=20, what="it is noticed")
    assert ask() == 1


def test_one_session_that_is_ended_is_no_outage(line: Stalling, services: Services) -> None:
    away: list[bool] = []
    with services.superuser() as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = ''"
            " AND usename = 'evalsite_app'"
        )
        for _ in range(10):
            away.append(pulse.is_away())
            superuser.execute("SELECT pg_sleep(0.05)")
    assert not any(away)


def test_a_session_that_the_server_ended_is_replaced_before_it_is_used(
    committed_db: None, services: Services
) -> None:
    ask()
    pid = connection.connection.info.backend_pid
    with services.superuser() as superuser:
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert ask() == 1
    assert connection.connection.info.backend_pid != pid


def test_where_nobody_looks_on_nothing_is_remembered(committed_db: None) -> None:
    before = len(pulse._open)
    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert len(pulse._open) <= before
