"""Cases without a pair are counted by why, and never as passes."""

from __future__ import annotations

import pytest

from evalsite.cases.models import Suite, TestCase
from evalsite.regressions.compare import compare
from evalsite.regressions.models import Comparison
from evalsite.regressions.queries import headline
from evalsite.tenants.models import Tenant
from tests.factories import make_revision, make_suite
from tests.summaries.filled import Card, make_filled

pytestmark = pytest.mark.usefixtures("as_acme")

_STATUSES = {"P": "passed", "F": "failed", "U": "unscored", "E": "errored", "O": "open"}


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


def cards(letters: str) -> list[Card]:
    return [Card(f"{i:02}", _STATUSES[s]) for i, s in enumerate(letters) if s != "-"]


def compared(suite: Suite, before: str, now: str) -> Comparison:
    make_filled(suite, cards(before))
    found = compare(make_filled(suite, cards(now)))
    assert found is not None
    return found


def test_each_case_is_counted_once_by_why(suite: Suite) -> None:
    before = "PPPPP-UEP" + "P" * 20
    now = "UEO-PPEUP" + "P" * 20
    found = compared(suite, before, now)
    reasons = {k: n for k, n in found.losses.items() if not k.endswith("_case")}
    assert reasons == {
        "unscored_now": 1,
        "errored_now": 2,
        "open_now": 1,
        "missing_now": 1,
        "missing_before": 1,
        "errored_before": 1,
    }
    assert sum(reasons.values()) == headline(found).left_out


def test_bounds_say_what_the_lost_cases_could_do(suite: Suite) -> None:
    found = compared(suite, "PP" + "UF" + "P" * 16, "EF" + "PP" + "P" * 16)
    # Of 20 cases one got worse and one better; one is lost now and one was before.
    assert found.losses["worst_case"] == pytest.approx((-1 - 1 + 0 + 1) / 20)
    assert found.losses["best_case"] == pytest.approx((0 - 1 + 1 + 1) / 20)


def test_bounds_hold_the_effect_where_nothing_is_lost(suite: Suite) -> None:
    found = compared(suite, "P" * 20, "F" * 5 + "P" * 15)
    assert found.losses == {"worst_case": -0.25, "best_case": -0.25}


def test_a_case_that_is_missing_is_in_no_bound(suite: Suite) -> None:
    found = compared(suite, "P" * 30, "P" * 20)
    assert found.losses == {"missing_now": 10, "worst_case": 0.0, "best_case": 0.0}


def test_an_edited_case_is_told(suite: Suite) -> None:
    make_filled(suite, cards("P" * 20))
    for case in TestCase.objects.filter(key__in=["00", "01", "02"]):
        other = {"input": {"question": "other?"}} if case.key == "00" else {"expected": {"a": 1}}
        make_revision(case=case, number=2, **other)
    found = compare(make_filled(suite, cards("FF" + "P" * 18)))
    assert found is not None
    assert found.losses["changed"] == 1
    told = {warning["code"]: warning["text"] for warning in found.warnings}
    assert told["input_changed"] == "1 cases have another input than before: they are left out"
    assert told["expected_changed"].endswith("; 1 of them changed their verdict")
    assert (headline(found).worse, headline(found).n_pairs) == (1, 19)


def test_a_slice_that_lost_many_cases_says_nothing(suite: Suite) -> None:
    """Of the whole few are lost, of the tag a third."""
    dates, units = {"tags": ["dates"]}, {"tags": ["units"]}
    before = [Card(f"{i:03}", case=dates if i < 30 else units) for i in range(150)]
    now = [
        card._replace(status="errored" if i < 10 else "failed" if i < 25 else "passed")
        for i, card in enumerate(before)
    ]
    make_filled(suite, before)
    found = compare(make_filled(suite, now))
    assert found is not None
    assert found.verdict == "regressed"
    part = found.findings.get(metric="pass_rate", slice_value="dates")
    assert (part.verdict, part.method[:10]) == ("inconclusive", "no verdict")
