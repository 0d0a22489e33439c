"""Suites in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evalsite.audit.models import Entry
from evalsite.cases.curate import save_case, set_state
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.tenants.scope import nobody

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")


def get(client: Client, page: str, *args: Any, **query: Any) -> Any:
    with nobody():
        return client.get(reverse(f"admin:{page}", args=args), query)


def post(client: Client, page: str, *args: Any, **fields: Any) -> Any:
    with nobody():
        return client.post(reverse(f"admin:{page}", args=args), fields)


def test_the_list_counts_cases_by_state(curator: Client, suite: Suite, paris: TestCase) -> None:
    for key in "ab":
        save_case(suite, {"key": key, "input": {"question": "q"}, "expected": {"answer": 1}})
    set_state([paris.pk], state=CaseState.RETIRED)
    text = get(curator, "cases_suite_changelist").content.decode()
    counts = ['<td class="field-active">2', 'field-draft">0', 'field-retired">1', "cases</a>"]
    assert [count for count in counts if count not in text] == []


def test_a_suite_is_added_through_curate(curator: Client) -> None:
    post(curator, "cases_suite_add", name="another", pack="exact", description="d")
    suite = Suite.objects.get(name="another")
    assert (suite.pack, suite.version, suite.description) == ("exact", 0, "d")
    assert Entry.objects.get(subject="another").actor == "alice"


@pytest.mark.parametrize("fields", [{"name": "capitals"}, {"name": "a b"}, {"pack": "nope"}])
def test_a_bad_suite_is_told_in_the_form(curator: Client, fields: dict[str, str]) -> None:
    given = {"name": "new", "pack": "exact", "description": "", **fields}
    response = post(curator, "cases_suite_add", **given)
    assert (response.status_code, "errorlist" in response.content.decode()) == (200, True)


def test_only_the_description_can_be_changed(curator: Client, suite: Suite) -> None:
    post(curator, "cases_suite_change", suite.pk, name="other", pack="nl2api", description="d")
    suite.refresh_from_db()
    assert (suite.name, suite.pack, suite.description) == ("capitals", "exact", "d")


def test_a_suites_page_leads_to_its_files(curator: Client, suite: Suite) -> None:
    text = get(curator, "cases_suite_change", suite.pk).content.decode()
    assert reverse("import", args=[suite.name]) in text
    assert reverse("export", args=[suite.name]) in text


def test_suites_are_found_while_typing(curator: Client, suite: Suite) -> None:
    query = {"app_label": "cases", "model_name": "testcase", "field_name": "suite", "term": "cap"}
    found = get(curator, "autocomplete", **query).json()["results"]
    assert [item["text"] for item in found] == ["capitals"]


def test_a_suite_cannot_be_deleted(curator: Client, suite: Suite) -> None:
    assert post(curator, "cases_suite_delete", suite.pk, post="yes").status_code == 403
