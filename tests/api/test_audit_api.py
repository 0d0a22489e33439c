"""The audit trail over the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from evalsite.audit.models import Entry
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, patch, post, refusal
from tests.tenant_rows import make_entry, make_link


def actions(answer: Any) -> list[str]:
    """The actions that a page of the trail tells, newest first."""
    return [entry["action"] for entry in answer.json()["results"]]


def test_what_was_done_is_told(api: Client) -> None:
    post(api, "suites", {"name": "capitals", "pack": "exact"})
    (entry,) = get(api, "audit", action="suite.added").json()["results"]
    assert (entry["actor"], entry["actor_kind"], entry["role"]) == ("key owner-key", "key", "owner")
    assert entry["request_id"]
    assert get(api, f"audit/{entry['id']}").json() == entry
    assert get(api, "audit", request_id=entry["request_id"], kind="key").json()["results"]


def test_the_trail_is_narrowed_by_time(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        for days in (3, 2, 1):
            at = timezone.now() - timedelta(days=days)
            make_entry(action=f"day.{days}", recorded_at=at, subject="then")
    since, until = ((timezone.now() - timedelta(days=d)).isoformat() for d in (2.5, 1.5))
    assert actions(get(api, "audit", subject="then")) == ["day.1", "day.2", "day.3"]
    assert actions(get(api, "audit", since=since, until=until)) == ["day.2"]


def test_pages_go_back_in_time(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        for number in range(5):
            make_entry(action=f"x.{number}", subject="one")
    first = get(api, "audit", subject="one", page_size=3)
    assert actions(first) + actions(api.get(first.json()["next"])) == [
        f"x.{number}" for number in (4, 3, 2, 1, 0)
    ]


def test_the_trail_is_taken_along(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        make_entry(subject="one", details={"a": 1})
    sent = get(api, "audit/export", subject="one")
    (line,) = [json.loads(line) for line in b"".join(sent.streaming_content).splitlines()]
    assert (line["subject"], line["details"]) == ("one", {"a": 1})
    with tenant(acme.pk):
        exported = Entry.objects.get(action="audit.exported")
    assert (exported.actor, exported.details) == ("key owner-key", {"asked": {"subject": "one"}})


def test_the_chain_is_verified(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        link = make_link()
    told = get(api, "audit/verify").json()
    assert told["entries"] >= 1
    assert int(told["head"].split(":")[0]) >= link.seq
    assert get(api, "audit/verify", kept=told["head"]).status_code == 200


def test_what_was_added_past_the_chain_is_named(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        make_entry()
    assert refusal(get(api, "audit/verify"), conflict=True) == "audit_trail_broken"


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("audit", {"since": "yesterday"}),
        ("audit", {"kind": "ghost"}),
        ("audit", {"actr": "x"}),
        ("audit/verify", {"kept": "1:x"}),
        ("audit/export", {"cursor": "x"}),
    ],
)
def test_a_bad_question_is_refused(api: Client, address: str, asked: dict[str, str]) -> None:
    assert get(api, address, **asked).status_code in (400, 422)


def test_a_number_too_large_for_a_reader_breaks_no_export(api: Client) -> None:
    made = post(api, "runs", {"name": "r", "target": "bot"}).json()
    patch(api, f"runs/{made['id']}", {"metadata": {"n": 1e300}})
    lines = b"".join(get(api, "audit/export", action="run.changed").streaming_content)
    assert json.loads(lines)["after"] == {"metadata": {"n": 1e300}}


def test_the_trail_is_for_admins(acme: Tenant) -> None:
    engineer = asker(acme, role=Role.ENGINEER)
    for address in ("audit", "audit/export", "audit/verify"):
        assert get(engineer, address).status_code == 403
    assert get(asker(acme, role=Role.ADMIN), "audit").status_code == 200


def test_nobody_writes_to_it(api: Client) -> None:
    assert post(api, "audit", {"action": "x"}).status_code == 403


def test_another_tenant_sees_nothing_of_it(stranger: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        entry = make_entry(action="secret.done")
    assert get(stranger, f"audit/{entry.pk}").status_code == 404
    assert actions(get(stranger, "audit", action="secret.done")) == []
    assert b"secret.done" not in b"".join(get(stranger, "audit/export").streaming_content)


def test_more_entries_are_no_more_queries(
    api: Client, acme: Tenant, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with tenant(acme.pk):
        for _ in range(20):
            make_entry()
    with django_assert_max_num_queries(12):
        assert len(get(api, "audit").json()["results"]) >= 20
