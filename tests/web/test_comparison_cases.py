"""The cases of a comparison: which are listed, in what order, and both sides of one."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evalsite.cases.models import Suite, TestCase
from evalsite.regressions.compare import compare_with
from evalsite.regressions.models import Comparison, Fate
from evalsite.regressions.pair_lists import count_pairs, list_pairs
from evalsite.regressions.pairs import MOST
from evalsite.regressions.queries import headline
from evalsite.scoring.extract import extract
from evalsite.scoring.models import Scorecard
from evalsite.targets.models import Output
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_revision, make_suite
from tests.regressions.test_compare import of
from tests.summaries.filled import Card, make_filled
from tests.web.looking import looker, shown

BEFORE = "PPPPPPFFFFUP-P"
NOW___ = "FFPPPPPPFFPUP-"


def compared(suite: Suite, before: str, now: str) -> Comparison:
    older = of(suite, before, age=5)
    return compare_with(of(suite, now), older)


@pytest.fixture
def mixed(acme: Tenant) -> Comparison:
    """Two fell, two rose, six are as before, two have no verdict, two are in one batch only."""
    with tenant(acme.pk):
        return compared(make_suite(name="sums"), BEFORE, NOW___)


def keys(page: str) -> list[str]:
    return re.findall(r"data-row-link[^>]*>([^<]+)</a>", page)


def see(owner: Tenant, comparison: Comparison, **query: Any) -> str:
    return shown(owner, f"/comparisons/{comparison.pk}/", **query)


def test_every_case_has_one_fate_and_the_counts_are_the_findings(
    mixed: Comparison, acme: Tenant
) -> None:
    with tenant(acme.pk):
        counts, whole = count_pairs(mixed), headline(mixed)
    assert counts == {
        Fate.REGRESSED: 2, Fate.IMPROVED: 2, Fate.SAME: 6, Fate.NO_VERDICT: 2, Fate.MISSING: 2,
    }  # fmt: skip
    assert (whole.worse, whole.better, whole.n_pairs, whole.left_out) == (2, 2, 10, 4)


def test_what_regressed_is_shown_first(mixed: Comparison, acme: Tenant) -> None:
    page = see(acme, mixed)
    assert keys(page) == ["case-000", "case-001"]
    assert re.search(r'aria-current="true" data-key="r">regressed 2<', page)


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("improved", ["case-006", "case-007"]),
        ("same", [f"case-{n:03}" for n in (2, 3, 4, 5, 8, 9)]),
        ("no_verdict", ["case-011", "case-010"]),
        ("missing", ["case-013", "case-012"]),
    ],
)
def test_a_chip_shows_its_cases(
    show: str, expected: list[str], mixed: Comparison, acme: Tenant
) -> None:
    assert keys(see(acme, mixed, show=show)) == expected


def test_all_begins_with_what_was_lost(mixed: Comparison, acme: Tenant) -> None:
    listed = keys(see(acme, mixed, show="all"))
    assert len(listed) == 14
    assert listed[:4] == ["case-000", "case-001", "case-011", "case-010"]


def test_where_nothing_fell_what_rose_is_shown(acme: Tenant) -> None:
    with tenant(acme.pk):
        rose = compared(make_suite(), "FP", "PP")
        still = compared(make_suite(), "PP", "PP")
    assert keys(see(acme, rose)) == ["case-000"]
    assert keys(see(acme, still)) == ["case-000", "case-001"]


def with_scores(suite: Suite, scores: list[float], **fields: Any) -> Any:
    cards = [
        Card(f"case-{i}", "passed" if score == 1.0 else "failed", score)
        for i, score in enumerate(scores)
    ]
    return make_filled(suite, cards, **fields)


def test_the_biggest_fall_comes_first(acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
        older = with_scores(suite, [1.0, 1.0, 1.0, 1.0])
        made = compare_with(with_scores(suite, [0.5, 0.1, 1.0, 0.3]), older)
    assert keys(see(acme, made)) == ["case-1", "case-3", "case-0"]


def test_a_stage_narrows_the_list(acme: Tenant) -> None:
    with tenant(acme.pk):
        made = compared(make_suite(), "PP", "PF")
        card = Scorecard.objects.get(batch=made.batch, revision__case__key="case-001")
        moved = [name for name, got in card.stages.items() if got["status"] != "passed"]
    stage = moved[0]
    page = see(acme, made, show="all", stage=stage)
    assert keys(page) == ["case-001"]
    assert ">all 1<" in page


def test_pages_hold_fifty_and_lead_on(acme: Tenant) -> None:
    with tenant(acme.pk):
        made = compared(make_suite(), "P" * 120, "F" * 120)
    page, listed = see(acme, made), []
    for _ in range(3):
        listed += keys(page)
        more = re.search(r'rel="next" href="[^"]*after=([^"&#]+)', page)
        page = see(acme, made, after=more[1], show="regressed") if more else ""
    assert listed == [f"case-{n:03}" for n in range(120)]


def test_a_list_goes_on_from_row_to_row(acme: Tenant, monkeypatch: Any) -> None:
    monkeypatch.setattr("evalsite.regressions.pairs.MOST", 3)
    assert MOST == 1_000
    with tenant(acme.pk):
        made = compared(make_suite(), "P" * 10, "F" * 7 + "P" * 3)
        first = list_pairs(made, list(Fate), size=4)
        rest = list_pairs(made, list(Fate), after=first.next, size=6)
    assert (len(first.rows), len(rest.rows), rest.next) == (4, 6, "")
    assert len({pair.now for pair in (*first.rows, *rest.rows)}) == 10


@pytest.mark.parametrize(
    "query",
    [
        {"show": "nothing"},
        {"stage": "nothing"},
        {"after": "x"},
        {"after": "regressed.x.1"},
        {"show": "same", "after": "regressed.0.1"},
        {"after": "regressed.9999999999.1"},
        {"show": "\0"},
    ],
)
def test_a_list_that_there_is_not_is_not_found(
    query: dict[str, str], mixed: Comparison, acme: Tenant
) -> None:
    assert looker(acme).get(f"/comparisons/{mixed.pk}/", query).status_code == 404


def test_the_number_of_queries_does_not_grow(acme: Tenant) -> None:
    viewer, seen = looker(acme), []
    viewer.get("/compare/")
    for n in (1, 60):
        with tenant(acme.pk):
            made = compared(make_suite(), "P" * n, "F" * n)
        with CaptureQueriesContext(connection) as queries:
            assert viewer.get(f"/comparisons/{made.pk}/?show=regressed").status_code == 200
        seen.append(len(queries))
    assert seen[0] == seen[1]


def test_repetitions_are_one_case(acme: Tenant) -> None:
    def twice(suite: Suite, statuses: tuple[str, str]) -> Any:
        cards = [Card("case", status, repetition=i) for i, status in enumerate(statuses)]
        return make_filled(suite, cards, repetitions=2)

    with tenant(acme.pk):
        suite = make_suite()
        older = twice(suite, ("passed", "passed"))
        made = compare_with(twice(suite, ("passed", "failed")), older)
    page = see(acme, made)
    assert keys(page) == ["case"]
    assert "Each case was judged 2 times" in page
    assert "1 of 2 passed" in page


def answered(comparison: Comparison, before: Any, now: Any) -> TestCase:
    """Let both runs have answered the first case."""
    case = TestCase.objects.get(suite=comparison.batch.suite, key="case-000")
    for run, answer in ((comparison.baseline.run, before), (comparison.batch.run, now)):
        Output.objects.create(run=run, case=case, answer=answer)
    return case


def test_both_sides_of_a_case_with_what_differs(mixed: Comparison, acme: Tenant) -> None:
    with tenant(acme.pk):
        case = answered(mixed, {"answer": "on Friday the 20th"}, {"answer": "on Friday the 13th"})
    page = shown(acme, f"/comparisons/{mixed.pk}/cases/{case.pk}/")
    assert "<title>case-000: passed → failed" in page
    assert ">2 + 2?</pre>" in page
    assert "on Friday the <del>20th</del><ins>13th</ins>" in page
    assert page.count("/scorecards/") == 2


def test_htmx_gets_the_part_alone(mixed: Comparison, acme: Tenant) -> None:
    with tenant(acme.pk):
        case = answered(mixed, {"a": 1, "b": 2}, {"a": 1, "b": 3})
    viewer = looker(acme)
    part = viewer.get(f"/comparisons/{mixed.pk}/cases/{case.pk}/", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "<code>b</code>" in part.text
    told = {"HX-Request": "true", "HX-Target": "cases"}
    listed = viewer.get(f"/comparisons/{mixed.pk}/?show=improved", headers=told).text
    assert (keys(listed), "<html" in listed) == (["case-006", "case-007"], False)


def test_what_a_model_wrote_is_escaped(mixed: Comparison, acme: Tenant) -> None:
    with tenant(acme.pk):
        case = answered(mixed, {"answer": "x"}, {"answer": "<img src=x onerror=alert(1)>"})
    page = shown(acme, f"/comparisons/{mixed.pk}/cases/{case.pk}/")
    assert "<img" not in page
    assert "&lt;img" in page


def test_what_was_purged_is_said(mixed: Comparison, acme: Tenant) -> None:
    with tenant(acme.pk):
        case = TestCase.objects.get(suite=mixed.batch.suite, key="case-000")
        for batch in (mixed.batch, mixed.baseline):
            cards = Scorecard.objects.filter(batch=batch)
            extract(batch.pk, cards=list(cards.values_list("pk", flat=True)))
    assert keys(see(acme, mixed)) == ["case-000", "case-001"]
    page = shown(acme, f"/comparisons/{mixed.pk}/cases/{case.pk}/")
    assert "no answer: nothing is recorded" in page
    assert "/scorecards/" not in page


def test_a_case_of_another_suite_or_tenant_is_not_found(
    mixed: Comparison, acme: Tenant, globex: Tenant
) -> None:
    with tenant(acme.pk):
        stranger = make_revision().case
        idle = make_revision(case=TestCase.objects.get(key="case-000"), number=2).case
    viewer = looker(acme)
    assert viewer.get(f"/comparisons/{mixed.pk}/cases/{stranger.pk}/").status_code == 404
    foreign = looker(globex)
    for path in ("", "cases.csv", f"cases/{idle.pk}/"):
        assert foreign.get(f"/comparisons/{mixed.pk}/{path}").status_code == 404


def lines(owner: Tenant, comparison: Comparison, **query: Any) -> list[list[str]]:
    answer = looker(owner).get(f"/comparisons/{comparison.pk}/cases.csv", query)
    assert answer["Content-Type"] == "text/csv"
    return list(csv.reader(io.StringIO(answer.getvalue().decode())))


def test_the_list_is_exported_whole(mixed: Comparison, acme: Tenant) -> None:
    head, *rows = lines(acme, mixed)
    assert head[:5] == ["outcome", "case", "category", "status before", "status now"]
    assert len(rows) == 14
    assert rows[0][:5] == ["regressed", "case-000", "", "passed", "failed"]
    assert [row[1] for row in lines(acme, mixed, show="improved")[1:]] == ["case-006", "case-007"]


def test_a_cell_is_no_formula(acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
        older, newer = (make_filled(suite, [Card("=1+1", s)]) for s in ("passed", "failed"))
        made = compare_with(newer, older)
    assert lines(acme, made)[1][1] == "'=1+1"
