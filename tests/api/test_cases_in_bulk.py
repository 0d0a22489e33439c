"""Many cases at once over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import get, post, refusal


def line(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "input": {"question": key}, "expected": {"answer": "4"}, **more}


def send(client: Client, address: str, lines: list[Any], **query: str) -> Any:
    """Send JSON lines; a line that is text goes as it is."""
    body = "".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines)
    return client.post(
        f"/api/v1/{address}", body, content_type="application/x-ndjson", query_params=query
    )


@pytest.fixture
def suite(api: Client) -> str:
    """The address of a suite's cases."""
    made = post(api, "suites", {"name": "sums", "pack": "exact"}).json()
    return f"suites/{made['id']}/cases"


def test_lines_become_one_version(api: Client, suite: str) -> None:
    first = send(api, f"{suite}/bulk", [line("a"), line("b")])
    told = {"version": 1, "new": 2, "changed": 0, "unchanged": 0, "n_lost": 0, "lost": []}
    assert (first.status_code, first.json()) == (200, told)
    again = send(api, f"{suite}/bulk", [line("a"), line("b", tags=["x"]), line("c")]).json()
    assert [again[n] for n in ("version", "new", "changed", "unchanged")] == [2, 1, 1, 1]


def test_one_bad_line_refuses_all(api: Client, suite: str) -> None:
    refused = send(api, f"{suite}/bulk", [line("a"), "{", line("b", tags=7)])
    assert refusal(refused) == "lines_refused"
    told = [(error["field"], error["code"]) for error in refused.json()["errors"]]
    assert told == [("2", "json_invalid"), ("3.tags", "case_field_invalid")]
    assert get(api, suite).json()["results"] == []


def test_the_good_lines_are_kept_where_that_is_wanted(api: Client, suite: str) -> None:
    done = send(api, f"{suite}/bulk", [line("a"), line("a"), "[]"], strict="false").json()
    assert (done["new"], done["n_lost"]) == (1, 2)
    assert [(lost["line"], lost["code"]) for lost in done["lost"]] == [
        (2, "key_repeated"),
        (3, "not_an_object"),
    ]


def test_no_more_than_a_hundred_bad_lines_are_told(api: Client, suite: str) -> None:
    done = send(api, f"{suite}/bulk", [line("a"), *["{"] * 150], strict="false").json()
    assert (done["n_lost"], len(done["lost"])) == (150, 100)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([], "nothing_imported"),
        (["{"], "lines_refused"),
    ],
)
def test_no_body_that_can_be_taken(api: Client, suite: str, body: list[str], code: str) -> None:
    assert refusal(send(api, f"{suite}/bulk", body)) == code


def test_a_line_without_end_ends_the_reading(api: Client, suite: str) -> None:
    refused = send(api, f"{suite}/bulk", [line("a"), line("x" * 2**20)])
    assert (refused.status_code, refused.json()["code"]) == (413, "line_too_long")
    assert get(api, suite).json()["results"] == []


@pytest.mark.parametrize("kind", ["application/x-ndjson; charset=utf-8", "APPLICATION/X-NDJSON"])
def test_a_stream_needs_no_idempotency_key(api: Client, suite: str, kind: str) -> None:
    key = {"idempotency-key": "k1"}
    body = json.dumps(line("a"))
    done = api.post(f"/api/v1/{suite}/bulk", body, content_type=kind, headers=key)
    assert (done.status_code, done.json()["new"]) == (200, 1)


def test_json_is_no_stream_of_lines(api: Client, suite: str) -> None:
    assert post(api, f"{suite}/bulk", line("a")).status_code == 415


def test_what_is_exported_comes_back(api: Client, suite: str, acme: Tenant) -> None:
    send(api, f"{suite}/bulk", [line("b", metadata={"n": 1e300}), line("a", tags=["x"])])
    sent = get(api, f"{suite}/export")
    lines = b"".join(sent.streaming_content).decode().splitlines()
    assert [json.loads(text)["key"] for text in lines] == ["a", "b"]
    assert send(api, f"{suite}/bulk", lines).json()["unchanged"] == 2
    with tenant(acme.pk):
        assert Entry.objects.filter(action="cases.exported").count() == 1


def test_a_version_is_exported_as_it_was(api: Client, suite: str) -> None:
    send(api, f"{suite}/bulk", [line("a")])
    send(api, f"{suite}/bulk", [line("b")])
    body = b"".join(get(api, f"{suite}/export", version=1).streaming_content)
    assert [json.loads(text)["key"] for text in body.splitlines()] == ["a"]


def test_another_tenant_sends_and_gets_nothing(stranger: Client, suite: str) -> None:
    assert send(stranger, f"{suite}/bulk", [line("a")]).status_code == 404
    assert get(stranger, f"{suite}/export").status_code == 404


def test_several_cases_are_edited_as_one_version(api: Client, suite: str) -> None:
    send(api, f"{suite}/bulk", [line("a"), line("b"), line("c")])
    ids = [row["id"] for row in get(api, suite, key="c").json()["results"]]
    retired = post(api, f"{suite}/state", {"keys": ["a"], "ids": ids, "state": "retired"})
    assert retired.json() == {"changed": 2, "version": 2}
    assert post(api, f"{suite}/tag", {"keys": ["a", "b"], "tag": "x"}).json()["changed"] == 2
    assert post(api, f"{suite}/untag", {"keys": ["a"], "tag": "x"}).json()["version"] == 4
    assert [row["key"] for row in get(api, suite, tag="x").json()["results"]] == ["b"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"keys": ["a", "z"], "state": "draft"}, "case_unknown"),
        ({"state": "draft"}, "invalid"),
        ({"keys": ["a"], "state": "gone"}, "invalid"),
    ],
)
def test_an_edit_of_what_is_not_there(
    api: Client, suite: str, body: dict[str, Any], code: str
) -> None:
    send(api, f"{suite}/bulk", [line("a")])
    refused = post(api, f"{suite}/state", body)
    assert refusal(refused) == code
