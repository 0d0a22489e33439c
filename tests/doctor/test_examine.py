"""Each check is asked, none stops another, and nobody is shown a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from evalsite.doctor.examine import CHECKS, Check, examine
from evalsite.doctor.finding import Finding, Level, fail, ok, unknown, warn
from evalsite.doctor.hide import hide
from evalsite.doctor.show import as_json, as_text, worst


def well() -> Iterator[Finding]:
    yield ok("well")


def broken() -> Iterator[Finding]:
    yield fail("it_broke", "it is broken", fix="mend it")


def crashing() -> Iterator[Finding]:
    yield ok("so far")
    raise KeyError("nobody thought of that")


def levels(*checks: Check) -> dict[str, str]:
    return {told.check: told.finding.level.value for told in examine(checks)}


def test_what_needs_a_broken_check_is_not_asked() -> None:
    found = levels(Check("a", broken), Check("b", crashing, ("a",)), Check("c", well, ("b",)))
    assert found == {"a": "error", "b": "unknown", "c": "unknown"}


def test_a_warning_hinders_nobody() -> None:
    first = Check("a", lambda: [warn("odd", "odd", fix="see")])
    assert levels(first, Check("b", well, ("a",))) == {"a": "warning", "b": "ok"}


def test_a_check_that_breaks_is_told_and_stops_no_other() -> None:
    first, second = examine((Check("a", crashing), Check("b", well)))
    assert (first.finding.code, first.finding.level) == ("check_broke", Level.UNKNOWN)
    assert "KeyError" in first.finding.told
    assert second.finding.level == Level.OK


def test_each_check_needs_only_such_as_come_before() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(set(check.needs) <= set(names[:at]) for at, check in enumerate(CHECKS))


@pytest.mark.parametrize(
    ("variable", "value", "secret"),
    [
        ("broker_url", "redis://:br%2Foker-word@host:6379/0", "br/oker-word"),
        ("database_admin_url", "postgresql://u:database-word@host/x", "database-word"),
        ("flower_password", "flower-word", "flower-word"),
        (
            "secrets_keys",
            json.dumps(["k" * 20 + "0123456789abcdef"]),
            "k" * 20 + "0123456789abcdef",
        ),
    ],
)
def test_a_secret_is_hidden_wherever_it_is_told(
    variable: str, value: str, secret: str, knobs: Callable[..., None]
) -> None:
    knobs(**{variable: value})
    (told,) = examine([Check("a", lambda: [fail("x", f"no {secret}!", fix=f"use {secret}")])])
    assert told.finding.told == "no [hidden]!"
    assert told.finding.fix == "use [hidden]"


def test_the_key_that_was_made_is_a_secret_too() -> None:
    assert settings.SECRET_KEY not in hide(f"it is {settings.SECRET_KEY}")


def test_the_worst_comes_first_in_what_is_to_be_done() -> None:
    found = [*examine((Check("a", lambda: [warn("w", "odd", fix="see")]), Check("b", broken)))]
    text = as_text(found)
    assert text.index("1. error it_broke (b)") < text.index("2. warning w (a)")
    assert text.endswith("1 warning, 1 error")
    assert worst(found) == Level.ERROR


def test_what_cannot_be_known_is_no_all_clear() -> None:
    found = [*examine((Check("a", well), Check("b", lambda: [unknown("u", "who knows")])))]
    assert worst(found) == Level.UNKNOWN


def test_markup_in_what_servers_say_is_shown_as_it_is() -> None:
    (told,) = examine([Check("a", lambda: [fail("x", "[bold]no[/] [1]", fix="[red]")])])
    assert "[bold]no[/] [1]" in as_text([told])
    assert as_json(told)["told"] == "[bold]no[/] [1]"
