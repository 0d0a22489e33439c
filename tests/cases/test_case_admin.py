"""A curator edits cases in the admin; all saving goes through `curate`."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evalsite.audit.models import Entry
from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.cases.queries import history
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")

LIST = "admin:cases_testcase_changelist"


def get(client: Client, page: str, *args: Any, **query: Any) -> Any:
    with nobody():
        return client.get(reverse(page, args=args), query)


def post(client: Client, page: str, *args: Any, **fields: Any) -> Any:
    with nobody():
        return client.post(reverse(page, args=args), fields)


def edit(client: Client, case: TestCase, **fields: Any) -> Any:
    form = {
        "state": case.state,
        "input": '{"question": "Capital of France?"}',
        "expected": '{"answer": "Paris"}',
        "metadata": "{}",
        "tags": "europe",
        "category": "geography",
        "complexity": "1",
        "based_on": "1",
    }
    return post(client, "admin:cases_testcase_change", case.pk, **{**form, **fields})


def test_the_list_shows_finds_and_filters(curator: Client, suite: Suite, paris: TestCase) -> None:
    save_case(suite, {"key": "italy", "input": {"question": "q"}, "expected": {"answer": 1}})
    assert b"2 test cases" in get(curator, LIST).content
    for query in ({"q": "fran"}, {"tag": "europe"}, {"category": "geography"}, {"complexity": "1"}):
        text = get(curator, LIST, **query).content.decode()
        assert ("france" in text, "italy</a>" in text) == (True, False), query


def test_a_case_is_added_through_curate(curator: Client, suite: Suite) -> None:
    response = post(
        curator,
        "admin:cases_testcase_add",
        suite=str(suite.pk),
        key="italy",
        state="active",
        input='{"question": "Capital of Italy?"}',
        expected='{"answer": "Rome"}',
        tags="europe; south",
        based_on="0",
        note="from the atlas",
    )
    assert response.status_code == 302, response.content.decode()
    case = TestCase.objects.get(key="italy")
    (first,) = history(case)
    assert (first.author, first.note, first.tags) == (
        "alice",
        "from the atlas",
        ["europe", "south"],
    )


def test_an_edit_is_a_revision_and_one_audit_entry(
    curator: Client, suite: Suite, paris: TestCase
) -> None:
    assert edit(curator, paris, complexity="3", state="retired").status_code == 302
    suite.refresh_from_db()
    newest = history(paris)[0]
    assert (suite.version, newest.complexity, newest.state) == (2, 3, "retired")
    assert Entry.objects.filter(action__startswith="case.", actor="alice").count() == 2


def test_saving_without_a_change_is_no_revision(curator: Client, paris: TestCase) -> None:
    assert edit(curator, paris).status_code == 302
    assert len(history(paris)) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"expected": '{"answer": 1, "alternatives": "x"}'}, "expected.alternatives: "),
        ({"input": '{"question"'}, "not JSON"),
        ({"input": '{"question": NaN}'}, "NaN is no JSON number"),
        ({"input": '{"question": 1, "question": 2}'}, "stands twice"),
        ({"input": "[" * 70 + "]" * 70}, "deeper than 64"),
        ({"metadata": "[]"}, "metadata: not an object"),
        ({"complexity": "9"}, "complexity: not 1 to 5"),
        ({"tags": "x" * 101}, "tags[0]: not a short text"),
    ],
)
def test_a_bad_field_is_told_where_it_is_and_nothing_is_saved(
    curator: Client, paris: TestCase, fields: dict[str, str], told: str
) -> None:
    response = edit(curator, paris, **fields)
    assert (response.status_code, told in response.content.decode()) == (200, True)
    assert len(history(paris)) == 1


def test_what_was_typed_stays_in_the_box(curator: Client, paris: TestCase) -> None:
    response = edit(curator, paris, input='{"question": oops')
    assert "oops</textarea>" in response.content.decode()


def test_an_edit_of_an_old_page_is_told_and_not_saved(
    curator: Client, suite: Suite, paris: TestCase
) -> None:
    edit(curator, paris, complexity="2")
    response = edit(curator, paris, complexity="5", based_on="1")
    paris.refresh_from_db()
    assert (response.status_code, paris.complexity) == (302, 2)
    assert "changed by somebody else" in get(curator, LIST).content.decode()


def test_a_key_that_is_taken_is_told_in_the_form(
    curator: Client, suite: Suite, paris: TestCase
) -> None:
    fields = {"suite": str(suite.pk), "key": "france", "state": "active", "based_on": "0"}
    content = {"input": '{"question": 1}', "expected": '{"answer": 1}'}
    response = post(curator, "admin:cases_testcase_add", **fields, **content)
    assert (response.status_code, "already exists" in response.content.decode()) == (200, True)


def test_the_form_shows_readable_json(curator: Client, paris: TestCase) -> None:
    text = get(curator, "admin:cases_testcase_change", paris.pk).content.decode()
    assert "{\n  &quot;question&quot;: &quot;Capital of France?&quot;\n}" in text


def test_the_history_shows_what_changed_and_escapes_it(curator: Client, paris: TestCase) -> None:
    edit(curator, paris, expected='{"answer": "<script>\\u202e"}', note="typo")
    text = get(curator, "admin:cases_testcase_history", paris.pk).content.decode()
    assert "Revision 2" in text
    assert "suite version 1," in text
    assert "&lt;script&gt;\\u202e" in text
    assert "typo" in text


def test_a_case_cannot_be_deleted(curator: Client, paris: TestCase) -> None:
    assert post(curator, "admin:cases_testcase_delete", paris.pk, post="yes").status_code == 403
    assert "delete_selected" not in get(curator, LIST).content.decode()


def test_a_viewer_sees_and_changes_nothing(viewer: Client, paris: TestCase) -> None:
    assert get(viewer, "admin:cases_testcase_change", paris.pk).status_code == 200
    assert get(viewer, "admin:cases_testcase_history", paris.pk).status_code == 200
    assert edit(viewer, paris, complexity="5").status_code == 403
    assert b'value="retire"' not in get(viewer, LIST).content


def test_another_tenants_case_is_not_there(curator: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        theirs = create_suite(name="theirs", pack="exact")
        fields = {"key": "secret", "input": {"question": "q"}, "expected": {"answer": 1}}
        case = save_case(theirs, fields)
    assert b"secret" not in get(curator, LIST).content
    assert get(curator, "admin:cases_testcase_history", case.pk).status_code == 404
    assert edit(curator, case).status_code == 302
    with tenant(globex.pk):
        assert Revision.objects.count() == 1


def choose(client: Client, cases: list[TestCase], action: str, **fields: Any) -> Any:
    chosen = [str(case.pk) for case in cases]
    return post(client, LIST, action=action, _selected_action=chosen, **fields)


def test_retiring_asks_first(curator: Client, paris: TestCase) -> None:
    page = choose(curator, [paris], "retire").content.decode()
    paris.refresh_from_db()
    assert ("1 case chosen" in page, "france" in page, paris.state) == (True, True, "active")


@pytest.mark.parametrize(
    ("action", "fields", "state", "tags"),
    [
        ("retire", {}, "retired", ["europe"]),
        ("tag", {"tag": "city"}, "active", ["europe", "city"]),
        ("untag", {"tag": "europe"}, "active", []),
    ],
)
def test_a_confirmed_action_is_done_with_its_note(
    curator: Client,
    paris: TestCase,
    action: str,
    fields: dict[str, str],
    state: str,
    tags: list[str],
) -> None:
    choose(curator, [paris], action, confirmed="1", note="spring clean", **fields)
    paris.refresh_from_db()
    assert (paris.state, paris.tags) == (state, tags)
    assert (history(paris)[0].note, history(paris)[0].author) == ("spring clean", "alice")


def test_a_retired_case_is_activated_again(curator: Client, paris: TestCase) -> None:
    for action in ("retire", "activate"):
        choose(curator, [paris], action, confirmed="1")
    paris.refresh_from_db()
    assert (paris.state, paris.revision_number) == ("active", 3)


def test_all_cases_of_a_list_can_be_chosen(curator: Client, suite: Suite, paris: TestCase) -> None:
    save_case(suite, {"key": "italy", "input": {"question": "q"}, "expected": {"answer": 1}})
    choose(curator, [paris], "retire", select_across="1", confirmed="1")
    assert set(TestCase.objects.values_list("state", flat=True)) == {"retired"}


def test_a_bad_tag_is_asked_for_again(curator: Client, paris: TestCase) -> None:
    page = choose(curator, [paris], "tag", tag="a;b", confirmed="1").content.decode()
    assert "without a semicolon" in page
    assert len(history(paris)) == 1
