"""Every library's events come out of one formatter, in which nobody is quoted."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import structlog

from evalsite import logs
from evalsite.errors import EvalsiteError
from evalsite.tenants.scope import tenant
from tests.web.logged import logged

CANARY = "sk-canary-91bc04"
TENANT = "0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"


class Refused(EvalsiteError):
    """An error with a code."""

    code = "refused"


def fail() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        raise Refused(CANARY) from error


def test_an_exception_is_told_by_kind_and_place() -> None:
    with logged() as lines:
        try:
            fail()
        except Refused:
            logging.getLogger("evalsite.x").exception("it broke")
    (event,) = lines.events(event="it broke")
    assert (event["level"], event["logger"]) == ("error", "evalsite.x")
    assert event["exception"]["kind"] == "Refused[refused]"
    assert event["exception"]["cause"] == "KeyError"
    assert event["exception"]["places"][-1].startswith("tests/web/test_logs.py:")
    assert CANARY not in lines.getvalue()


def test_what_it_says_is_told_when_asked_for() -> None:
    with logged(log_exception_text=True) as lines:
        logging.getLogger("evalsite.x").error("it broke", exc_info=ValueError(CANARY))
    assert lines.events()[0]["exception"]["text"] == CANARY


@pytest.mark.parametrize(
    ("name", "say", "args", "told"),
    [
        ("evalsite.x", "no: %s after %d", (ValueError(CANARY), 3), "no: ValueError after 3"),
        ("evalsite.x", "no: %s", (Refused(CANARY),), "no: Refused[refused]"),
        (
            "celery.app.trace",
            "Task %(name)s: %(exc)s",
            ({"name": "t", "exc": CANARY},),
            "Task t: -",
        ),
        ("django.security.DisallowedHost", f"Invalid Host {CANARY}", (), "refused: DisallowedHost"),
        ("asyncio", f"never retrieved\nfuture: {CANARY}", (), "never retrieved"),
        ("gunicorn.error", f"Invalid request from ip={CANARY}: x", (), "Invalid request"),
        ("gunicorn.error", "Error handling request %s", (CANARY,), "Error handling request"),
    ],
)
def test_libraries_are_not_let_quote(name: str, say: str, args: Any, told: str) -> None:
    with logged() as lines:
        logging.getLogger(name).error(say, *args)
    assert {event["event"] for event in lines.events()} == {told}
    assert CANARY not in lines.getvalue()


def test_structlogs_events_are_held_to_the_same() -> None:
    with logged() as lines:
        structlog.get_logger("django_structlog.celery.receivers").error(
            "task_failed", error=CANARY, exception=ValueError(CANARY), task_id="1"
        )
    assert lines.events(event="task_failed", exception="ValueError", task_id="1")
    assert CANARY not in lines.getvalue()


def test_the_tenant_in_scope_is_told() -> None:
    with logged() as lines, tenant(TENANT):
        logging.getLogger("evalsite.x").warning("hm")
    assert lines.events(tenant_id=TENANT)


def test_a_line_break_makes_no_second_line() -> None:
    with logged() as lines:
        logging.getLogger("evalsite.x").warning("a\n%s", "forged")
    assert len(lines.getvalue().splitlines()) == 1


def test_on_a_terminal_it_is_readable() -> None:
    with logged(log_format="console") as lines:
        try:
            fail()
        except Refused:
            logging.getLogger("evalsite.x").exception("it broke")
    shown = lines.getvalue()
    assert "it broke" in shown
    assert "Refused[refused]\n  tests/web/test_logs.py:" in shown
    assert "because of KeyError" in shown
    assert CANARY not in shown


def test_no_library_logs_past_the_formatter() -> None:
    # Celery's pool cuts its logger off from the root's handlers as soon as it uses it.
    from billiard.util import get_logger

    own = get_logger()
    assert own.hasHandlers(), "without one, Python prints what an exception says"
    assert logs.PlainFormatter in {type(handler.formatter) for handler in own.handlers}
