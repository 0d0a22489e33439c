"""What a case's page tells beside the verdict."""

from __future__ import annotations

from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.web.carded import make_answer, make_card
from tests.web.test_card_page import page_of


def test_ids_to_ask_with_are_told(acme: Tenant) -> None:
    origin = {"request_id": "req-7", "traceparent": "00-0af7651916cd43dd-b7ad6b71-01"}
    with tenant(acme.pk):
        card = make_answer("x", of_batch={"origin": origin})
    page = page_of(acme, card)
    assert "<code>req-7</code>" in page
    assert "<code>0af7651916cd43dd</code>" in page
    assert f"/api/v1/scorecards/{card.pk}?details=true" in page


def test_a_juror_and_votes_are_listed(acme: Tenant) -> None:
    juror = {
        "judge": "rubric",
        "value": None,
        "passed": None,
        "code": "judge_refused",
        "reason": "",
    }
    said = {"reason": "", "details": {"jury": [juror], "votes": ["right", None]}}
    with tenant(acme.pk):
        card = make_answer("x", details={"exact": said})
    page = page_of(acme, card)
    assert "The jury of exact" in page
    assert '<span class="chip">no verdict</span>' in page


def test_a_third_partys_details_of_any_kind_do_not_break_it(acme: Tenant) -> None:
    odd = {"reason": 7, "details": {"problems": "none", "calls": [1, {}], "votes": {}, "jury": [3]}}
    with tenant(acme.pk):
        card = make_answer("x", details={"exact": odd, "gone": {"reason": "left"}})
    assert "Stage by stage" in page_of(acme, card)


def test_a_right_answer_does_not_differ(acme: Tenant) -> None:
    case = {"input": {"question": "2 + 2?"}, "expected": {"answer": "4"}}
    with tenant(acme.pk):
        card = make_card(pack="exact", case=case, answer={"answer": "4"})
    assert "Nothing differs in what both speak of." in page_of(acme, card)
