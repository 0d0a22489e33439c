"""Outputs over the API: recorded as they come, listed, and exported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.api.conftest import get, post, refusal
from tests.api.test_cases_in_bulk import line, send


def answered(key: str, answer: str = "4", **more: Any) -> dict[str, Any]:
    return {"key": key, "answer": {"answer": answer}, **more}


@pytest.fixture
def run(api: Client) -> str:
    """The address of a run's outputs, beside a suite `sums` of the cases a, b and c."""
    suite = post(api, "suites", {"name": "sums", "pack": "exact"}).json()["id"]
    send(api, f"suites/{suite}/cases/bulk", [line(key) for key in "abc"])
    return f"runs/{post(api, 'runs', {'name': 'r1'}).json()['id']}/outputs"


def test_outputs_are_recorded_and_told(api: Client, run: str) -> None:
    first = send(api, run, [answered("a", latency_ms=5), answered("b")], suite="sums")
    told = {"new": 2, "changed": 0, "unchanged": 0, "n_lost": 0, "lost": []}
    assert (first.status_code, first.json()) == (200, told)
    again = send(api, run, [answered("a", "5"), answered("b"), answered("c")], suite="sums")
    assert [again.json()[name] for name in ("new", "changed", "unchanged")] == [1, 1, 1]
    rows = get(api, run).json()["results"]
    assert [(row["key"], row["answer"]["answer"]) for row in rows] == [
        ("a", "5"),
        ("b", "4"),
        ("c", "4"),
    ]


def test_pages_go_case_by_case(api: Client, run: str) -> None:
    given = [answered(key, str(n), repetition=n) for n in range(3) for key in "bca"]
    send(api, run, given, suite="sums")
    found, page = [], get(api, run, page_size="2").json()
    while True:
        found += [(row["key"], row["repetition"]) for row in page["results"]]
        if not page["next"]:
            break
        page = api.get(page["next"]).json()
    assert found == [(key, n) for key in "abc" for n in range(3)]


def test_lost_lines_are_told(api: Client, run: str) -> None:
    lines = [answered("a"), answered("z"), answered("a"), answered("b", latency_ms=-1)]
    refused = send(api, run, lines, suite="sums")
    assert refusal(refused) == "lines_refused"
    kept = send(api, run, lines, suite="sums", strict="false").json()
    assert (kept["new"], kept["n_lost"]) == (1, 3)
    assert [(lost["line"], lost["code"]) for lost in kept["lost"]] == [
        (2, "case_unknown"),
        (3, "output_repeated"),
        (4, "output_field_invalid"),
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "invalid"),
        ({"suite": "none"}, "suite_unknown"),
        ({"suite": "sums", "strict": "so"}, "invalid"),
        ({"suite": "sums", "skip": "1"}, "parameter_unknown"),
    ],
)
def test_what_must_be_said(api: Client, run: str, query: dict[str, str], code: str) -> None:
    refused = send(api, run, [answered("a")], **query)
    assert refusal(refused) == code


def test_a_completed_run_keeps_its_answers(api: Client, run: str) -> None:
    send(api, run, [answered("a")], suite="sums")
    post(api, run.replace("outputs", "complete"), {})
    assert send(api, run, [answered("a")], suite="sums").json()["unchanged"] == 1
    refused = send(api, run, [answered("a", "5")], suite="sums")
    assert (refused.status_code, refused.json()["code"]) == (409, "run_completed")


def test_another_tenant_records_and_reads_nothing(stranger: Client, run: str) -> None:
    assert send(stranger, run, [answered("a")], suite="sums").status_code == 404
    assert get(stranger, f"{run}/export").status_code == 404


def test_outputs_are_filtered(api: Client, run: str) -> None:
    lines = [answered("a"), answered("a", repetition=1), {"key": "b", "error": "down"}]
    send(api, run, lines, suite="sums")
    for wish, n in (({"key": "a"}, 2), ({"repetition": 1}, 1), ({"error": "true"}, 1)):
        assert len(get(api, run, **wish).json()["results"]) == n


def test_what_is_exported_comes_back(api: Client, run: str) -> None:
    lines = [answered("a", cost_usd=0.5), {"key": "b", "error": "down"}]
    send(api, run, lines, suite="sums")
    sent = b"".join(get(api, f"{run}/export").streaming_content).decode().splitlines()
    assert [json.loads(text)["key"] for text in sent] == ["a", "b"]
    assert send(api, run, sent, suite="sums").json()["unchanged"] == 2


def test_long_answers_come_back_in_few_queries(
    api: Client, run: str, django_assert_max_num_queries: Any
) -> None:
    long = {key: key * 5_000 for key in "abc"}
    send(api, run, [answered(key, text) for key, text in long.items()], suite="sums")
    with django_assert_max_num_queries(12):
        rows = get(api, run).json()["results"]
    assert {row["key"]: row["answer"]["answer"] for row in rows} == long
    sent = b"".join(get(api, f"{run}/export").streaming_content).splitlines()
    assert {(one := json.loads(text))["key"]: one["answer"]["answer"] for text in sent} == long
