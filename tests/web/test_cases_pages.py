"""The list of a suite's cases, a case's page, and acts on many cases."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evalsite.cases.browse import Wanted, browse
from evalsite.cases.curate import create_suite, save_case
from evalsite.cases.models import Revision, Suite, TestCase
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_scorecard
from tests.web.looking import looker, shown

HOSTILE = "<script>alert(1)</script>"


def fields(key: str, **given: Any) -> dict[str, Any]:
    return {
        "key": key,
        "input": {"question": f"What is {key}?"},
        "expected": {"answer": 1},
        **given,
    }


@pytest.fixture
def suite(acme: Tenant) -> Suite:
    """Three cases: one tagged, one retired, one changed since."""
    with tenant(acme.pk):
        suite = create_suite(name="sums", pack="exact")
        save_case(suite, fields("ada", tags=["smoke"], category="people"))
        save_case(suite, fields("bob", state="retired", complexity=3))
        save_case(suite, fields("cleo"))
        save_case(suite, fields("cleo", category="queens"), note="she reigned")
    return suite


def keys(of: Tenant, suite: Suite, **query: Any) -> list[str]:
    text = shown(of, reverse("cases", args=[suite.name]), **query)
    return [key for key in ("ada", "bob", "cleo") if f"<bdi>{key}</bdi>" in text]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["ada", "bob", "cleo"]),
        ({"state": "retired"}, ["bob"]),
        ({"tag": "smoke"}, ["ada"]),
        ({"category": "queens"}, ["cleo"]),
        ({"complexity": "3"}, ["bob"]),
        ({"q": "IS ADA"}, ["ada"]),
        ({"q": "%"}, []),
        ({"changed": "2"}, ["cleo"]),
        ({"version": "2"}, ["ada", "bob"]),
        ({"version": "3", "category": "queens"}, []),
        ({"version": "4", "changed": "3", "q": "cleo"}, ["cleo"]),
        ({"state": "no such", "after": "ada"}, ["bob", "cleo"]),
    ],
    ids=str,
)
def test_the_address_says_which_cases(
    acme: Tenant, suite: Suite, query: dict[str, str], found: list[str]
) -> None:
    assert keys(acme, suite, **query) == found


def test_a_version_that_is_not_yet_is_told(acme: Tenant, suite: Suite) -> None:
    answer = looker(acme).get(reverse("cases", args=["sums"]), {"version": "9"})
    assert (answer.status_code, b"suite_version_unknown" in answer.content) == (422, True)


def test_pages_follow_each_other(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        first = browse(suite, Wanted(), size=2)
        second = browse(suite, Wanted(), after=first.next, size=2)
    assert [row.key for row in (*first.rows, *second.rows)] == ["ada", "bob", "cleo"]
    assert (first.next, second.next) == ("bob", "")


def test_a_page_looks_through_so_many_and_goes_on(
    acme: Tenant, suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalsite.cases.browse.MOST_SEARCHED", 2)
    text = shown(acme, reverse("cases", args=["sums"]), q="cleo")
    assert "No case fits among the 2 looked through" in text
    assert "after=bob" in text
    assert keys(acme, suite, q="cleo", after="bob") == ["cleo"]


def test_a_row_shows_the_worst_of_the_last_batch(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        old, new = (make_batch(suite=suite, state="finished") for _ in range(2))
        revision = Revision.objects.get(case__key="cleo", number=1)
        make_scorecard(batch=old, revision=revision, status="errored", repetition=0)
        make_scorecard(batch=new, revision=revision, repetition=0)
        make_scorecard(batch=new, revision=revision, status="failed", repetition=1)
    text = shown(acme, reverse("cases", args=["sums"]))
    assert 'class="is-failed"' in text
    assert "1 of 2 passed" in text
    assert "revision 1</span>" in text
    assert "errored" not in text


def queries(of: Tenant, address: str) -> int:
    client = looker(of)
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_many_cases_ask_no_more_than_few(acme: Tenant, suite: Suite) -> None:
    address = reverse("cases", args=["sums"])
    with tenant(acme.pk):
        batch = make_batch(suite=suite, state="finished")
        make_scorecard(batch=batch, revision=Revision.objects.get(case__key="ada"))
    few = queries(acme, address)
    with tenant(acme.pk):
        for number in range(30):
            case = save_case(suite, fields(f"more-{number}", tags=["a", "b"]))
            make_scorecard(batch=batch, revision=Revision.objects.get(case=case))
    assert queries(acme, address) == few


def test_a_case_shows_its_sides_history_and_results(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        case = TestCase.objects.get(key="cleo")
        batch = make_batch(suite=suite, state="finished")
        make_scorecard(batch=batch, revision=Revision.objects.get(case=case, number=2))
    text = shown(acme, reverse("case", args=[case.pk]))
    assert "What is cleo?" in text
    assert "she reigned" in text
    assert '<ins class="lines__added">+ queens</ins>' in text
    assert reverse("batch", args=[batch.pk]) in text
    assert "/edit/" not in text


def test_the_words_that_changed_are_marked(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        case = save_case(suite, fields("dora", input={"question": "What is a cat?"}))
        save_case(suite, fields("dora", input={"question": "What is a dog?"}))
    text = shown(acme, reverse("case", args=[case.pk]))
    assert "What is a <strong>cat</strong>?" in text
    assert "What is a <strong>dog</strong>?" in text


def test_more_revisions_and_batches_ask_no_more(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        case = TestCase.objects.get(key="cleo")
        make_batch(suite=suite, state="finished")
    few = queries(acme, reverse("case", args=[case.pk]))
    with tenant(acme.pk):
        for number in range(25):
            save_case(suite, fields("cleo", category=str(number)))
            make_batch(suite=suite, state="finished")
    assert queries(acme, reverse("case", args=[case.pk])) == few


def test_nothing_of_a_case_is_markup(acme: Tenant, suite: Suite) -> None:
    asked = {"question": HOSTILE, HOSTILE: "a\u202eb"}
    with tenant(acme.pk):
        case = save_case(suite, fields(HOSTILE, input=asked, tags=[HOSTILE], category=HOSTILE))
    for address in (reverse("case", args=[case.pk]), reverse("cases", args=["sums"])):
        text = shown(acme, address, role=Role.CURATOR)
        assert HOSTILE not in text
        assert "\u202e" not in text
        assert "&lt;script&gt;" in text


def test_ticked_cases_are_changed_after_a_question(acme: Tenant, suite: Suite) -> None:
    client, address = looker(acme, role=Role.CURATOR), reverse("cases-bulk", args=["sums"])
    with tenant(acme.pk):
        chosen = [
            str(pk)
            for pk in TestCase.objects.filter(key__in=["ada", "bob"]).values_list("pk", flat=True)
        ]
    asked = client.post(address, {"act": "tag", "case": chosen}).content.decode()
    assert "2 cases chosen" in asked
    assert "ada" in asked
    done = client.post(
        f"{address}?q=a",
        {"act": "tag", "case": chosen, "confirmed": "1", "tag": "new", "note": "w\0hy"},
        follow=True,
    )
    assert b"2 of 2 cases changed" in done.content
    assert done.redirect_chain[0][0].endswith("?q=a")
    with tenant(acme.pk):
        assert TestCase.objects.filter(tags__contains=["new"]).count() == 2
        assert Revision.objects.filter(note="why").count() == 2


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        ({"act": "tag", "tag": "a;b", "confirmed": "1"}, 200, b"case_field_invalid"),
        ({"act": "explode"}, 422, b"nothing_chosen"),
        ({"act": "retire", "case": "none"}, 422, b"nothing_chosen"),
    ],
    ids=["tag", "act", "case"],
)
def test_what_cannot_be_done_to_cases_is_told(
    acme: Tenant, suite: Suite, sent: dict[str, str], status: int, told: bytes
) -> None:
    with tenant(acme.pk):
        ada = TestCase.objects.get(key="ada")
    client = looker(acme, role=Role.CURATOR)
    answer = client.post(reverse("cases-bulk", args=["sums"]), {"case": str(ada.pk), **sent})
    assert (answer.status_code, told in answer.content) == (status, True)


def test_cases_of_another_suite_are_left_alone(acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        other = save_case(create_suite(name="other", pack="exact"), fields("x"))
    sent = {"act": "retire", "case": str(other.pk), "confirmed": "1"}
    answer = looker(acme, role=Role.CURATOR).post(reverse("cases-bulk", args=["sums"]), sent)
    assert answer.status_code == 422


def test_a_viewer_sees_no_buttons_and_may_not_press_them(acme: Tenant, suite: Suite) -> None:
    text = shown(acme, reverse("cases", args=["sums"]))
    assert 'name="case"' not in text
    assert "New case" not in text
    answer = looker(acme).post(reverse("cases-bulk", args=["sums"]), {"act": "retire"})
    assert answer.status_code == 403


def test_another_tenant_finds_no_case(globex: Tenant, acme: Tenant, suite: Suite) -> None:
    with tenant(acme.pk):
        case = TestCase.objects.get(key="ada")
    client = looker(globex, role=Role.CURATOR)
    got = (reverse("cases", args=["sums"]), reverse("case", args=[case.pk]))
    assert [client.get(address).status_code for address in got] == [404, 404]
    assert client.post(reverse("cases-bulk", args=["sums"]), {}).status_code == 404
