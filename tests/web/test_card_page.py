"""The page of one case in one batch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard
from evalsite.targets.models import Output, Run
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_comparison, make_output, make_revision, make_scorecard
from tests.kept_rows import make_receipt
from tests.web.carded import make_answer, make_booking, make_program
from tests.web.looking import looker, shown


def address(card: Scorecard, name: str = "card") -> str:
    """Where a card, or a part of it, is looked at."""
    return reverse(name, args=[card.pk])


def page_of(acme: Tenant, card: Scorecard, **query: Any) -> str:
    """A card's page as a viewer sees it."""
    return shown(acme, address(card), **query)


def test_it_says_the_verdict_and_what_differs_place_by_place(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_booking()
    page = page_of(acme, card)
    assert "<title>Failed: case-1" in page
    assert "calls[1].arguments.city" in page
    assert '<ins><span class="sign">+</span>Paris</ins>' in page


def test_each_stage_says_why(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_booking()
    page = page_of(acme, card)
    assert "search: expected, but not called" in page
    assert "The case expects no response." in page
    assert "gate: if it fails, the rest is skipped" in page


def test_no_score_is_told_with_what_its_code_means(acme: Tenant) -> None:
    with tenant(acme.pk):
        stages = {"exact": {"status": "unscored", "score": None, "code": "output_missing"}}
        card = make_answer("x", status="unscored", stages=stages, details={}, overall_score=None)
    page = page_of(acme, card)
    assert "no score, which is no zero" in page
    assert "The run has no output for this case." in page


def test_a_program_that_fails_is_shown_as_it_was_written(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_program()
    page = page_of(acme, card)
    assert "def rolling_max(numbers):\n    best = 0" in page
    assert "rolling_max([-3, -1])" in page


def test_another_tenant_is_told_nothing(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer("x")
    client = looker(globex)
    names = ("card", "card-input", "card-output")
    assert [client.get(address(card, name)).status_code for name in names] == [404] * 3


@pytest.mark.parametrize(
    ("answer", "shown_as"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a\x1b[31mred", "a\\u001b[31mred"),
        ("user\u202etxt.exe", "user\\u202etxt.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ({"</pre><b>": [1e308, 5e-324, -0.1]}, "&lt;/pre&gt;&lt;b&gt;"),
    ],
)
def test_hostile_answers_are_spelt_out(acme: Tenant, answer: Any, shown_as: str) -> None:
    with tenant(acme.pk):
        card = make_answer({"answer": answer})
    page = page_of(acme, card)
    assert shown_as in page
    assert not [bad for bad in ("<script>alert", "\x1b", "\u202e", "\u200b", "<b>") if bad in page]


def test_an_answer_of_a_megabyte_makes_a_small_page(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer({"answer": "so it was " * 100_000})
    page = page_of(acme, card)
    assert len(page) < 100_000
    assert "of 1000000 characters are shown" in page


def test_deep_json_is_shown(acme: Tenant) -> None:
    deep: Any = "bottom"
    for _ in range(50):
        deep = {"a": [deep]}
    with tenant(acme.pk):
        card = make_answer({"answer": deep})
    assert "bottom" in page_of(acme, card)


def test_a_part_is_sent_whole_as_a_file_of_text(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer({"answer": "<b>" + "so " * 10_000})
    answer = looker(acme).get(address(card, "card-output"))
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment")
    assert len(answer.content) > 30_000


def test_a_part_that_is_not_there_is_not_found(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer("x")
    assert looker(acme).get(address(card, "card-baseline")).status_code == 404


def test_a_panel_gets_the_inner_part_only(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer("x")
    panel = looker(acme).get(address(card), headers={"HX-Request": "true"}).content.decode()
    assert panel.lstrip().startswith("<article")
    assert "Open as a page" in panel


def test_neighbours_stay_within_the_filter_and_keep_it(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer("x")
        others = [("b", "passed"), ("c", "failed")]
        made = [next_to(card, key=key, status=status) for key, status in others]
    page = page_of(acme, card, status="failed", evil="1")
    assert f'href="{address(made[1])}?status=failed" rel="next" data-key="j"' in page
    assert address(made[0]) not in page
    assert "evil" not in page


def next_to(card: Scorecard, *, key: str, status: str) -> Scorecard:
    """Another case of the same batch."""
    case = card.revision.case
    other = type(case).objects.create(
        suite=case.suite, key=key, input={"question": key}, expected={"answer": key}
    )
    return make_scorecard(batch=card.batch, revision=make_revision(case=other), status=status)


def test_repetitions_lead_to_each_other(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer("x")
        again = make_scorecard(batch=card.batch, revision=card.revision, repetition=1)
    assert f'href="{address(again)}">2 passed</a>' in page_of(acme, card)


def test_the_answer_before_is_compared(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer({"answer": "to Paris today"})
        before = make_comparison(batch=card.batch).baseline.run
        make_output(run=before, case=card.revision.case, answer={"answer": "to Lyon today"})
    page = page_of(acme, card)
    assert "Before → now" in page
    assert '<del><span class="sign">&minus;</span>Lyon</del>' in page


def test_purged_texts_and_outputs_are_told_with_what_is_kept(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_booking(details={}, of_batch={"texts_purged_at": timezone.now()})
        Output.objects.all().delete()
        Run.objects.update(outputs_purged_at=timezone.now())
    page = page_of(acme, card)
    assert "judge_texts_purged" in page
    assert "The verdict and its figures are kept." in page
    assert "score 0.61" in page


def test_a_purged_card_says_when_and_by_which_policy(acme: Tenant) -> None:
    with tenant(acme.pk):
        card, now = make_booking(), timezone.now()
        Batch.objects.filter(pk=card.batch_id).update(cards_purged_at=now, finished_at=now)
        make_receipt(kind="scorecards", cutoff=now - timedelta(days=400), started_at=now)
        Scorecard.objects.all().delete()
    answer = looker(acme).get(address(card))
    told = f"purged on {now:%Y-%m-%d} by the policy that keeps scorecards for 400 days"
    assert (answer.status_code, told in answer.content.decode()) == (410, True)
    assert f"batch {card.batch_id}" in answer.content.decode()


def test_a_card_that_never_was_is_not_found(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        card, now = make_booking(), timezone.now()
        Batch.objects.filter(pk=card.batch_id).update(cards_purged_at=now, finished_at=now)
        Scorecard.objects.all().delete()
    before = reverse("card", args=[UUID(int=card.pk.int - (60 * 60 * 1000 << 80))])
    assert looker(acme).get(before).status_code == 404
    assert looker(globex).get(address(card)).status_code == 404


def test_the_history_has_a_row_for_each_batch(acme: Tenant) -> None:
    with tenant(acme.pk):
        card = make_answer("x")
        make_card_again(card, status="passed")
    page = page_of(acme, card)
    assert "This case in the last 2 batches" in page
    assert page.count("this one") == 1


def make_card_again(card: Scorecard, *, status: str) -> Scorecard:
    """The same case in another finished batch of the suite."""
    batch = make_batch(suite=card.batch.suite, state="finished", manifest=card.batch.manifest)
    return make_scorecard(batch=batch, revision=card.revision, status=status)


def n_queries(client: Client, card: Scorecard) -> int:
    """How many queries the page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address(card)).status_code == 200
    return len(captured)


def test_a_long_history_takes_no_more_queries(acme: Tenant) -> None:
    client = looker(acme)
    with tenant(acme.pk):
        card = make_answer("x")
    n_queries(client, card)
    few = n_queries(client, card)
    with tenant(acme.pk):
        for _ in range(3):
            make_card_again(card, status="failed")
        next_to(card, key="b", status="passed")
    assert n_queries(client, card) == few <= 22
