"""The trail is read by who may: narrowed, page by page, in the admin and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.audit.queries import Cursor, EntryCursorInvalid, Wanted, read_trail
from evalsite.audit.record import record
from evalsite.tenants.acting import Actor, ActorKind, acting
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_gate, make_result, make_revision
from tests.model_rows import make_price
from tests.tenant_rows import make_entry, make_membership, make_user

ADDRESS = "/admin/audit/entry/"
KEY = Actor(kind=ActorKind.KEY, name="key ci", role="engineer")


@pytest.fixture
def told(as_acme: Tenant) -> list[Entry]:
    """Three entries, oldest first, of three actors."""
    with acting(KEY):
        first = record("run.added", "run 1")
    second = record("gate.changed", "release", actor="ann", before={"a": 1}, after={"a": "<b>"})
    return [first, second, record("batch.paused", "x", actor="worker")]


@pytest.fixture
def client_as(as_acme: Tenant) -> Any:
    def signed_in(role: Role) -> Client:
        user, client = make_user(is_staff=True), Client()
        make_membership(user=user, role=role)
        client.force_login(user)
        return client

    return signed_in


def subjects(**wanted: Any) -> list[str]:
    return [entry.subject for entry in read_trail(Wanted(**wanted), limit=9).entries]


@pytest.mark.parametrize(
    ("name", "value"),
    [("actor", "key ci"), ("kind", "key"), ("role", "engineer"), ("action", "run.added")],
)
def test_the_trail_is_narrowed(name: str, value: str, told: list[Entry]) -> None:
    assert subjects(**{name: value}) == ["run 1"]


def test_the_trail_is_narrowed_by_id_and_time(told: list[Entry]) -> None:
    make_entry(subject_id="s-1", request_id="r-1", subject="one")
    soon = timezone.now() + timedelta(hours=1)
    assert subjects(subject_id="s-1") == subjects(request_id="r-1") == ["one"]
    assert len(subjects(until=soon)) == 4
    assert subjects(since=soon) == []


def test_pages_come_one_behind_the_other(told: list[Entry]) -> None:
    first = read_trail(Wanted(), limit=2)
    assert first.next is not None
    second = read_trail(Wanted(), limit=2, after=Cursor.read(str(first.next)))
    assert second.next is None
    assert {*first.entries, *second.entries} == set(told)


@pytest.mark.parametrize("text", ["", "x_y", "2026-01-01T00:00:00_x", f"2026-01-01_{'0' * 32}"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(EntryCursorInvalid):
        Cursor.read(text)


def test_the_command_shows_what_fits(told: list[Entry], capsys: Any) -> None:
    call_command("showaudit", kind="key")
    assert "run.added" in capsys.readouterr().out
    call_command("showaudit", action="gate.changed", json=True)
    line = json.loads(capsys.readouterr().out)
    assert (line["actor"], line["before"], line["after"]) == ("ann", {"a": 1}, {"a": "<b>"})


def test_the_command_says_where_the_next_page_begins(told: list[Entry], capsys: Any) -> None:
    call_command("showaudit", limit=1)
    err = capsys.readouterr().err
    call_command("showaudit", after=err.split("--after ")[1].strip(), json=True)
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CURATOR, Role.ENGINEER])
def test_the_trail_is_not_shown_to(role: Role, told: list[Entry], client_as: Any) -> None:
    assert client_as(role).get(ADDRESS).status_code == 403


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OWNER])
def test_the_trail_is_shown_to(role: Role, told: list[Entry], client_as: Any) -> None:
    page = client_as(role).get(ADDRESS, {"actor_kind__exact": "key", "q": "run"})
    assert "key ci" in page.text
    assert ">worker<" not in page.text


def test_both_sides_are_shown_and_are_no_markup(told: list[Entry], client_as: Any) -> None:
    page = client_as(Role.ADMIN).get(f"{ADDRESS}{told[1].pk}/change/")
    assert "&lt;b&gt;" in page.text
    assert '"<b>"' not in page.text


def test_another_tenants_entry_is_not_found(
    told: list[Entry], globex: Tenant, client_as: Any
) -> None:
    client = client_as(Role.ADMIN)
    with tenant(globex.pk):
        other = make_entry(subject="secret of globex")
    assert "secret of globex" not in client.get(ADDRESS).text
    assert client.get(f"{ADDRESS}{other.pk}/change/").status_code == 302


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_nobody_adds_or_deletes_by_the_admin(page: str, told: list[Entry], client_as: Any) -> None:
    address = ADDRESS + page.format(pk=told[0].pk)
    assert client_as(Role.OWNER).post(address, {"post": "yes"}).status_code == 403


def test_a_row_that_is_deleted_in_the_admin_is_told_as_it_was(client_as: Any) -> None:
    price = make_price(model="m")
    client_as(Role.ADMIN).post(f"/admin/calls/price/{price.pk}/delete/", {"post": "yes"})
    entry = Entry.objects.get(action="price.deleted")
    assert (entry.before or {})["model"] == "m"
    assert entry.subject_id == str(price.pk)


def exports(folder: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each command that takes something out, and the entry that it must write."""
    suite = make_revision().suite
    yield "cases.exported", "exportcases", {"suite": suite.name}
    yield "gate.exported", "exportgate", {"name": make_gate().name}
    make_result()
    yield "results.exported", "queryresults", {"export": folder / "results.csv"}


def test_what_is_taken_out_is_told(as_acme: Tenant, tmp_path: Path) -> None:
    for action, command, options in exports(tmp_path):
        name = options.pop("name", None)
        call_command(command, *([name] if name else []), **options)
        entry = Entry.objects.get(action=action)
        assert (entry.actor_kind, entry.actor) == ("system", command)


def test_a_suite_that_somebody_takes_along_is_told(client_as: Any) -> None:
    suite = make_revision().suite
    response = client_as(Role.VIEWER).get(f"/suites/{suite}/export/")
    assert len(list(response.streaming_content)) == 1
    assert Entry.objects.get(action="cases.exported").actor_kind == "user"


def test_a_time_that_is_none_is_refused(as_acme: Tenant) -> None:
    with pytest.raises(CommandError, match="no ISO date"):
        call_command("showaudit", "--since=yesterday")
