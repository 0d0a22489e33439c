"""The editor: a form by the pack's schemas, or raw JSON; what is typed is kept."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.web.looking import looker

RAG: dict[str, Any] = {
    "input": {
        "question": "two\nlines",
        "history": [{"role": "user", "content": "hi"}],
        "locale": "de",
    },
    "expected": {"answer": "a", "alternatives": ["b", "c d"], "answerable": True},
}
HOSTILE = "</textarea><script>alert(1)</script>"


@pytest.fixture
def suite(acme: Tenant) -> Suite:
    """An empty suite of questions with one answer."""
    with tenant(acme.pk):
        return create_suite(name="sums", pack="exact")


@pytest.fixture
def curator(acme: Tenant) -> Client:
    """A curator's browser."""
    return looker(acme, role=Role.CURATOR)


def rag_case(of: Tenant, **given: Any) -> TestCase:
    with tenant(of.pk):
        suite = create_suite(name="found", pack="rag")
        return save_case(suite, {"key": "a", **RAG, "tags": ["x", "y"], **given})


def sent_back(page: str) -> dict[str, str]:
    """What a browser would send if nothing were touched."""
    form = page[page.index('<form method="post" class="form case-form">') :]
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"(?:[^>]*) value="([^"]*)"', form))
    fields |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.S))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        fields[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    return {name: re.sub(r"\r\n|\r|\n", "\r\n", unescape(text)) for name, text in fields.items()}


def opened(client: Client, case: TestCase, query: str = "") -> tuple[str, dict[str, str]]:
    address = reverse("case-edit", args=[case.pk]) + query
    return address, sent_back(client.get(address).content.decode())


def stands(of: Tenant, case: TestCase) -> TestCase:
    with tenant(of.pk):
        return TestCase.objects.get(pk=case.pk)


@pytest.mark.parametrize("query", ["", "?as=json"])
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"expected": {"sources": {"d1": 2}}},
        {"expected": {"sources": ["d1", 2], "answerable": False}},
        {"expected": {"answer": "x", "alternatives": ["two\nlines", ""]}},
        {"input": {"question": "\r\n\nq ", "history": [], "x": None, "y.z": {"a": [1, 1.0]}}},
        {"input": {"question": HOSTILE, HOSTILE: "\u202e"}},
        {"complexity": 3, "metadata": {"n": 1e300}, "state": "retired"},
    ],
    ids=str,
)
def test_what_is_not_touched_stays(
    acme: Tenant, curator: Client, given: dict[str, Any], query: str
) -> None:
    case = rag_case(acme, **given)
    address, form = opened(curator, case, query)
    assert curator.post(address, form).status_code == 302
    assert stands(acme, case).revision_number == 1


def test_an_edit_is_a_revision_with_its_note(acme: Tenant, curator: Client) -> None:
    case = rag_case(acme)
    address, form = opened(curator, case)
    edit = {
        "input.question": "new?",
        "input.*": '{"locale": "fr"}',
        "expected.alternatives": "d\r\ne",
        "expected.answerable": "",
        "tags": "z",
        "complexity": "2",
        "note": "clearer",
    }
    done = curator.post(address, {**form, **edit}, follow=True)
    assert b"a is at revision 2" in done.content
    now = stands(acme, case)
    assert now.input == {**RAG["input"], "question": "new?", "locale": "fr"}
    assert now.expected == {"answer": "a", "alternatives": ["d", "e"]}
    assert (now.tags, now.complexity) == (["z"], 2)
    with tenant(acme.pk):
        assert Revision.objects.get(case=case, number=2).note == "clearer"


def test_a_text_that_may_be_anything_is_a_text_unless_it_is_said_to_be_json(
    acme: Tenant, suite: Suite, curator: Client
) -> None:
    address = reverse("case-new", args=["sums"])
    form = {"key": "k", "state": '"active"', "input.question": "4", "input.question:as": "text"}
    form |= {"expected.answer": "4", "expected.answer:as": "json"}
    assert curator.post(address, form).status_code == 302
    with tenant(acme.pk):
        case = TestCase.objects.get(key="k")
    assert (case.input, case.expected) == ({"question": "4"}, {"answer": 4})


def test_a_new_case_begins_as_a_draft(suite: Suite, curator: Client) -> None:
    page = curator.get(reverse("case-new", args=["sums"])).content.decode()
    assert sent_back(page)["state"] == '"draft"'


@pytest.mark.parametrize(
    ("edit", "place", "code"),
    [
        ({"input.question": ""}, "input.question", "case_invalid"),
        ({"input.question": "a\0b"}, "input.question", "nul_character"),
        ({"expected.alternatives": "a\0b"}, "expected.alternatives", "nul_character"),
        ({"input.history": "[{"}, "input.history", "json_invalid"),
        ({"input.history": '[{"role": "user"}]'}, "input.history", "case_invalid"),
        ({"input.*": "[1]"}, "input.*", "case_field_invalid"),
        ({"expected.answerable": '"maybe"'}, "expected.answerable", "case_invalid"),
        ({"tags": "a; b\tc"}, "tags", "case_field_invalid"),
        ({"complexity": "9"}, "complexity", "case_field_invalid"),
        ({"metadata": "[]"}, "metadata", "case_field_invalid"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_where_it_is_and_nothing_is_lost(
    acme: Tenant, curator: Client, edit: dict[str, str], place: str, code: str
) -> None:
    case = rag_case(acme)
    address, form = opened(curator, case)
    answer = curator.post(address, {**form, **edit, "note": "kept"})
    page = answer.content.decode()
    fault = page.partition(f'<ul class="errorlist" id="fault-{place}">')[2].partition("</ul>")[0]
    assert (answer.status_code, f"<code>{code}</code>" in fault) == (422, True)
    assert sent_back(page)["note"] == "kept"
    assert stands(acme, case).revision_number == 1


def test_raw_json_that_is_wrong_comes_back_as_it_was_typed(acme: Tenant, curator: Client) -> None:
    case = rag_case(acme)
    address, form = opened(curator, case, "?as=json")
    page = curator.post(address, {**form, "input": '{"question": 1,}'}).content.decode()
    assert sent_back(page)["input"] == '{"question": 1,}'
    assert "Not saved" in page


def test_who_comes_second_sees_both(acme: Tenant, curator: Client) -> None:
    case = rag_case(acme)
    address, form = opened(curator, case)
    with tenant(acme.pk):
        save_case(case.suite, {"key": "a", **RAG, "category": "theirs"}, note="first")
    answer = curator.post(address, {**form, "category": "mine"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "case_changed" in page
    assert "+ theirs" in page
    assert sent_back(page)["category"] == "mine"
    assert curator.post(address, sent_back(page)).status_code == 302
    assert stands(acme, case).category == "mine"


def test_a_key_that_is_there_is_no_new_case(acme: Tenant, suite: Suite, curator: Client) -> None:
    with tenant(acme.pk):
        save_case(suite, {"key": "k", "input": {"question": "q"}, "expected": {"answer": 1}})
    form = {"key": "k", "state": '"active"', "input.question": "r", "expected.answer": "2"}
    answer = curator.post(reverse("case-new", args=["sums"]), form)
    assert answer.status_code == 409
    assert b'id="fault-key"' in answer.content


@pytest.mark.parametrize("based_on", ["", "x", "-1", "9" * 30])
def test_a_revision_that_is_none_is_a_conflict(
    acme: Tenant, curator: Client, based_on: str
) -> None:
    address, form = opened(curator, rag_case(acme))
    answer = curator.post(address, {**form, "category": "c", "based_on": based_on})
    assert answer.status_code == 409


def test_a_viewer_may_not_edit(acme: Tenant, suite: Suite) -> None:
    viewer, case = looker(acme), rag_case(acme)
    addresses = (reverse("case-edit", args=[case.pk]), reverse("case-new", args=["sums"]))
    assert [viewer.get(address).status_code for address in addresses] == [403, 403]
    assert viewer.post(addresses[0], {}).status_code == 403


def test_another_tenant_finds_nothing_to_edit(acme: Tenant, globex: Tenant, suite: Suite) -> None:
    curator, case = looker(globex, role=Role.CURATOR), rag_case(acme)
    addresses = (reverse("case-edit", args=[case.pk]), reverse("case-new", args=["sums"]))
    assert [curator.get(address).status_code for address in addresses] == [404, 404]
    assert curator.post(addresses[0], {}).status_code == 404
