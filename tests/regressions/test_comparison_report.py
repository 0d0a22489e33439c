"""What people and programs read of a comparison."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse

from evalsite.cases.models import Suite
from evalsite.regressions.compare import compare
from evalsite.regressions.models import Comparison
from evalsite.regressions.report import as_json, as_text
from evalsite.regressions.words import attribution, losses, sentence
from evalsite.summaries.summarize import summarize
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from evalsite.terminal import WIDTH
from tests.factories import make_comparison, make_regression, make_suite
from tests.summaries.filled import Card, make_filled
from tests.tenant_rows import make_user

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def planted(as_acme: Tenant) -> Comparison:
    """Of 60 cases the 20 about dates get worse, 12 of them, at one stage."""
    suite = make_suite()
    make_filled(suite, [card(i) for i in range(60)])
    return compared(suite, [card(i, fails=i < 12) for i in range(60)])


def compared(suite: Suite, now: list[Card]) -> Comparison:
    found = compare(make_filled(suite, now))
    assert found is not None
    return found


def card(i: int, *, fails: bool = False) -> Card:
    status, score = ("failed", 0.0) if fails else ("passed", 1.0)
    stages = {
        "syntax": {"status": "passed", "score": 1.0},
        "logic": {"status": status, "score": score},
        "semantics": {"status": "passed", "score": 1.0},
    }
    details = {"logic": {"reason": "the date \x1b[31mis wrong"}} if fails else {}
    case = {"tags": ["dates"] if i < 20 else ["units"]}
    fields = {"stages": stages, "details": details, "latency_ms": 40.0 + i}
    return Card(f"case-{i:02}", status, (2 + score) / 3, fields=fields, case=case)


def test_the_verdict_comes_first(planted: Comparison) -> None:
    first = as_text(planted).splitlines()[0]
    assert first.startswith("Regressed against run-")
    assert "100.0 % -> 80.0 % (-20.0 points, 95 % interval" in sentence(planted)


def test_it_says_where_and_how_much(planted: Comparison) -> None:
    text = " ".join(as_text(planted).split())
    assert "20.0 of the 20.0 points were lost in stage logic" in text
    assert "tag dates, stage logic: -20.0 points from 20 of 60 cases" in text
    assert "it would be -6.7" in text


def test_stages_that_went_both_ways_are_no_parts_of_the_whole(as_acme: Tenant) -> None:
    parts = {"exact": 0.2, "fuzzy": -0.1, "syntax": 0.004}
    stages = [{"stage": name, "contribution": part} for name, part in parts.items()]
    split = {"effect": 0.104, "n": 20, "stages": stages, "standouts": []}
    first, second, _ = attribution(make_comparison(attribution={"pass_rate": split}))
    assert first == "+20.0 points in stage exact, of +10.4 points in all"
    assert second == "-10.0 points in stage fuzzy, of +10.4 points in all"


def test_the_worst_cases_tell_what_changed(planted: Comparison) -> None:
    text = as_text(planted)
    assert text.count("logic: passed -> failed: the date [31mis wrong") == 5


def test_nothing_in_it_moves_the_terminal(planted: Comparison) -> None:
    assert "\x1b" not in as_text(planted)
    assert "\x1b" in as_text(planted, colour=True)


def test_no_line_is_too_long(planted: Comparison) -> None:
    assert max(map(len, as_text(planted).splitlines())) <= WIDTH


def test_programs_get_all_of_it(planted: Comparison) -> None:
    found = json.loads(json.dumps(as_json(planted)))
    assert (found["verdict"], found["headline"]["worse"]) == ("regressed", 12)
    assert found["findings"][0]["metric"] == "pass_rate"
    assert found["attribution"]["pass_rate"]["standouts"][0]["value"] == "dates"
    assert [case["key"] for case in found["worst_cases"]][:2] == ["case-00", "case-01"]


def test_a_comparison_tells_its_interval(as_acme: Tenant) -> None:
    found = make_regression(effect=-0.4, effect_low=-0.6, effect_high=-0.1, p_value=0.008)
    said = sentence(found.comparison)
    assert "(-40.0 points, 95 % interval -60.0 to -10.0, p = 0.008; 8 worse" in said


def test_too_few_pairs_have_no_interval_and_say_why(as_acme: Tenant) -> None:
    found = make_regression(effect=-0.4, verdict="inconclusive", method="no test: 5 pairs")
    said = sentence(found.comparison)
    assert "(-40.0 points; 8 worse" in said
    assert "no test: 5 pairs)" in said


def test_what_is_left_out_is_told_with_its_bounds(as_acme: Tenant) -> None:
    suite = make_suite()
    make_filled(suite, [Card(f"{i:02}") for i in range(20)])
    found = compared(suite, [Card(f"{i:02}", "errored" if i < 2 else "passed") for i in range(20)])
    said = "Left out: 2 errored now. Had they all failed, or all passed: -10.0 to +0.0 points."
    assert losses(found) == said


def test_an_open_question_says_how_many_more_cases(as_acme: Tenant) -> None:
    suite = make_suite()
    make_filled(suite, [card(i) for i in range(60)])
    found = compared(suite, [card(i, fails=i < 4) for i in range(60)])
    assert "more cases would settle it" in as_text(found)


def test_the_batchs_page_tells_where(planted: Comparison) -> None:
    planted.warnings = [{"code": "weight_differs", "text": "<b>1</b> before, 2 now"}]
    planted.save()
    summarize(planted.batch)
    person = make_user()
    admit(person, role=Role.VIEWER)
    client = Client()
    with nobody():
        client.force_login(person)
        page = client.get(reverse("batch", args=[planted.batch_id])).content.decode()
    assert "Tag dates, stage logic: -20.0 points from 20 cases" in page
    assert "weight_differs</strong>: &lt;b&gt;1&lt;/b&gt; before" in page
