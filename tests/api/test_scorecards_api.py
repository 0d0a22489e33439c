"""Scorecards over the API: found by what became of them, page by page, and taken home."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import get, refusal
from tests.factories import make_scorecard, make_suite
from tests.summaries.filled import Card, make_filled

WHY = {"code": "no_answer"}
STAGES: dict[str, dict[str, Any]] = {
    "passed": {"syntax": {"status": "passed", "score": 1.0}},
    "failed": {
        "syntax": {"status": "passed", "score": 1.0},
        "logic": {"status": "failed", "score": 0.2},
    },
    "unscored": {"logic": {"status": "unscored", "score": None, **WHY}},
}


def card(key: str, status: str, *, score: float | None = None, **case: Any) -> Card:
    fields = {"stages": STAGES.get(status, {}), "details": {"logic": {"reason": f"about {key}"}}}
    if status == "errored":
        fields["details"] = {"batch": {"code": "worker_lost"}}
    return Card(key, status, score, 0, fields, case)


@pytest.fixture
def batch(acme: Tenant) -> Batch:
    cards = [
        card("a", "passed", score=1.0, tags=["dates"]),
        card("b", "failed", score=0.2, tags=["dates", "short"], category="search"),
        card("c", "unscored", category="search", complexity=3),
        card("d", "errored"),
    ]
    with tenant(acme.pk):
        return make_filled(make_suite(name="sums"), cards)


def keys(client: Client, batch: Batch, **params: Any) -> str:
    """The keys of the cases that are found, in one text."""
    answer = get(client, f"batches/{batch.pk}/scorecards", **params)
    assert answer.status_code == 200, answer.json()
    return "".join(row["case"] for row in answer.json()["results"])


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, "abcd"),
        ({"status": "failed"}, "b"),
        ({"passed": "true"}, "a"),
        ({"passed": "false"}, "b"),
        ({"stage": "logic"}, "bc"),
        ({"stage": "syntax", "stage_status": "passed"}, "ab"),
        ({"stage": "logic", "stage_status": "passed"}, ""),
        ({"code": "no_answer"}, "c"),
        ({"code": "worker_lost"}, "d"),
        ({"code": "no_answer", "stage": "syntax"}, ""),
        ({"slice": "tag:dates"}, "ab"),
        ({"slice": "category:search"}, "bc"),
        ({"slice": "complexity:3"}, "c"),
        ({"case": "b"}, "b"),
        ({"min_score": "0.1", "max_score": "0.5"}, "b"),
        ({"repetition": "1"}, ""),
        ({"status": "passed", "slice": "tag:short"}, ""),
    ],
)
def test_cards_are_found(api: Client, batch: Batch, params: dict[str, str], found: str) -> None:
    assert keys(api, batch, **params) == found


@pytest.mark.parametrize(
    "params",
    [
        {"status": "good"},
        {"stage_status": "passed"},
        {"slice": "dates"},
        {"slice": "complexity:9"},
        {"slice": "tags:dates"},
        {"repetition": "-1"},
        {"min_score": "much"},
        {"cursor": "nonsense"},
        {"case": "a\0b"},
    ],
)
def test_what_cannot_be_looked_for_is_refused(
    api: Client, batch: Batch, params: dict[str, str]
) -> None:
    answer = get(api, f"batches/{batch.pk}/scorecards", **params)
    assert answer.status_code in (400, 404, 422)


def test_a_card_tells_stages_and_on_demand_why(api: Client, batch: Batch) -> None:
    (row,) = get(api, f"batches/{batch.pk}/scorecards", case="c").json()["results"]
    assert row["stages"] == {"logic": {"status": "unscored", "score": None, **WHY}}
    assert (row["score"], row["passed"], "details" in row) == (None, None, False)
    address = f"scorecards/{row['id']}"
    assert get(api, address).json()["details"] is None
    told = get(api, address, details="true").json()
    assert told["details"] == {"logic": {"reason": "about c"}}


def test_pages_go_case_by_case_and_repetition_by_repetition(
    api: Client, acme: Tenant, batch: Batch
) -> None:
    with tenant(acme.pk):
        for revision in Scorecard.objects.filter(batch=batch).values_list("revision", flat=True):
            for repetition in (1, 2):
                make_scorecard(batch=batch, revision_id=revision, repetition=repetition)
    seen, following = [], f"/api/v1/batches/{batch.pk}/scorecards?page_size=2"
    while following:
        page = api.get(following).json()
        seen += [f"{row['case']}{row['repetition']}" for row in page["results"]]
        following = page["next"]
    assert seen == [f"{key}{repetition}" for key in "abcd" for repetition in range(3)]


def test_a_page_asks_no_more_for_many(
    api: Client, batch: Batch, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(9):
        assert keys(api, batch) == "abcd"


def test_all_cards_are_taken_home_and_that_is_written_down(
    api: Client, acme: Tenant, batch: Batch
) -> None:
    address = f"/api/v1/batches/{batch.pk}/scorecards/export"
    answer: Any = api.get(address, headers={"accept": "application/x-ndjson"})
    rows = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert [row["key"] for row in rows] == ["a", "b", "c", "d"]
    assert rows[1]["stages"]["logic"] == {"status": "failed", "score": 0.2}
    assert "details" not in rows[0]
    with tenant(acme.pk):
        assert Entry.objects.get(action="scorecards.exported").subject_id == str(batch.pk)


def test_with_what_the_judges_said(api: Client, batch: Batch) -> None:
    answer = get(api, f"batches/{batch.pk}/scorecards/export", details="true")
    first = json.loads(b"".join(answer.streaming_content).splitlines()[0])
    assert first["details"] == {"logic": {"reason": "about a"}}


def test_another_tenants_cards_do_not_exist(api: Client, stranger: Client, batch: Batch) -> None:
    (row,) = get(api, f"batches/{batch.pk}/scorecards", case="a").json()["results"]
    for address in ("scorecards", "scorecards/export", "summaries", "comparison"):
        assert get(stranger, f"batches/{batch.pk}/{address}").status_code == 404
    assert get(stranger, f"scorecards/{row['id']}").status_code == 404


def test_a_slip_in_a_parameter_is_told(api: Client, batch: Batch) -> None:
    refused = get(api, f"batches/{batch.pk}/scorecards", details="true")
    assert refusal(refused) == "parameter_unknown"
