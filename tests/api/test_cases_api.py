"""Cases over the API: one by one, as they stood in a version, and their revisions."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.api.conftest import get, patch, post, refusal

CASE = {"key": "2+2", "input": {"question": "2 + 2?"}, "expected": {"answer": "4"}}


@pytest.fixture
def suite(api: Client) -> str:
    """The address of a suite's cases."""
    made = post(api, "suites", {"name": "sums", "pack": "exact"}).json()
    return f"suites/{made['id']}/cases"


def keys(answer: Any) -> list[str]:
    return [row["key"] for row in answer.json()["results"]]


def test_a_case_is_added_and_found(api: Client, suite: str) -> None:
    made = post(api, suite, {**CASE, "tags": ["smoke"], "metadata": {"n": 1e300}})
    assert (made.status_code, made.json()["revision"]) == (201, 1)
    assert api.get(made.headers["Location"]).json()["tags"] == ["smoke"]
    assert keys(get(api, suite)) == ["2+2"]


def test_another_tenant_finds_none_and_adds_none(api: Client, stranger: Client, suite: str) -> None:
    address = post(api, suite, CASE).headers["Location"]
    assert stranger.get(address).status_code == 404
    assert get(stranger, suite).status_code == 404
    assert post(stranger, suite, {**CASE, "key": "x"}).status_code == 404
    assert post(stranger, f"{suite}/tag", {"keys": ["2+2"], "tag": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 409, "case_exists"),
        ({"key": "x", "complexity": 6}, 400, "invalid"),
        ({"key": "x", "tenant": "y"}, 400, "invalid"),
        ({"key": " x"}, 400, "case_key_invalid"),
        ({"key": "x", "input": {}}, 422, "case_invalid"),
    ],
)
def test_a_bad_case_is_refused(
    api: Client, suite: str, change: dict[str, Any], status: int, code: str
) -> None:
    post(api, suite, CASE)
    refused = post(api, suite, {**CASE, **change})
    assert refusal(refused, conflict=status == 409) == code


def test_an_edit_is_merged_and_makes_a_revision(api: Client, suite: str) -> None:
    case = post(api, suite, {**CASE, "metadata": {"n": 1e300}}).json()["id"]
    edited = patch(api, f"cases/{case}", {"tags": ["hard"], "note": "it is"})
    assert (edited.status_code, edited.json()["revision"]) == (200, 2)
    assert edited.json()["expected"] == {"answer": "4"}
    revisions = get(api, f"cases/{case}/revisions").json()["results"]
    told = [(row["number"], row["tags"], row["note"], row["until_version"]) for row in revisions]
    assert told == [(2, ["hard"], "it is", None), (1, [], "", 2)]


def test_who_edits_what_was_changed_is_told(api: Client, suite: str) -> None:
    address = f"cases/{post(api, suite, CASE).json()['id']}"
    seen = get(api, address).headers["ETag"]
    patch(api, address, {"category": "sums"})
    assert patch(api, address, {"category": "x"}, if_match=seen).status_code == 412


def test_a_list_tells_the_cases_of_a_version(api: Client, suite: str) -> None:
    case = post(api, suite, CASE).json()["id"]
    patch(api, f"cases/{case}", {"expected": {"answer": "four"}})
    post(api, suite, {**CASE, "key": "3+3"})
    assert keys(get(api, suite)) == ["3+3", "2+2"]
    (then,) = get(api, suite, version=1, key="2+2").json()["results"]
    assert (then["id"], then["revision"], then["expected"]) == (case, 1, {"answer": "4"})
    assert get(api, suite, version=4).json()["code"] == "suite_version_unknown"


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({"tag": "a"}, ["2+2"]),
        ({"state": "draft"}, ["3+3"]),
        ({"category": "c", "complexity": 2}, ["3+3"]),
        ({"key": "2+2"}, ["2+2"]),
    ],
)
@pytest.mark.parametrize("at", [{}, {"version": 2}])
def test_filters(
    api: Client, suite: str, wish: dict[str, Any], found: list[str], at: dict[str, Any]
) -> None:
    post(api, suite, {**CASE, "tags": ["a"]})
    post(api, suite, {**CASE, "key": "3+3", "state": "draft", "category": "c", "complexity": 2})
    assert keys(get(api, suite, **wish, **at)) == found


def test_a_list_takes_few_queries(
    api: Client, suite: str, django_assert_max_num_queries: Any
) -> None:
    for n in range(20):
        post(api, suite, {**CASE, "key": str(n)})
    with django_assert_max_num_queries(14):
        assert len(keys(get(api, suite))) == 20
    with django_assert_max_num_queries(14):
        assert len(keys(get(api, suite, version=20))) == 20
