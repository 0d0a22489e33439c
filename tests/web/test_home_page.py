"""The first page: how suites stand, what needs somebody, what runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import (
    make_batch,
    make_chunk,
    make_comparison,
    make_gate_check,
    make_regression,
    make_run,
    make_step,
    make_suite,
    make_summary,
)
from tests.trend_rows import make_shift
from tests.web.looking import looker, shown

RATES = {
    "n": 200,
    "passed": 154,
    "failed": 44,
    "pass_rate": 0.77,
    "pass_low": 0.7,
    "pass_high": 0.82,
}
EFFECT = {"before": 0.9, "after": 0.77, "effect": -0.13, "effect_low": -0.2, "effect_high": -0.06}


def finished(suite: Suite, run: str, *, days: float = 0, lost: int = 0, **fields: Any) -> Batch:
    """A finished batch so many days old, `lost` of its 200 cases without a verdict."""
    at = timezone.now() - timedelta(days=days)
    batch = make_batch(suite=suite, run=make_run(name=run), state="finished", finished_at=at)
    Batch.objects.filter(pk=batch.pk).update(created_at=at, **fields)
    make_summary(batch=batch, **{**RATES, "unscored": lost, "errored": 0})
    return batch


def compared(batch: Batch, verdict: str) -> Any:
    """The batch's own comparison, with what it found about the pass rate."""
    comparison = make_comparison(batch=batch, verdict=verdict)
    make_regression(comparison=comparison, verdict=verdict, **EFFECT)
    return comparison


def test_a_suite_stands_with_its_newest_verdict(acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite(name="sums")
        compared(finished(suite, "old", days=2), "regressed")
        comparison = compared(finished(suite, "new"), "improved")
    page = shown(acme, "/")
    assert (
        f'<a class="chip chip--improved" href="/comparisons/{comparison.pk}/">improved</a>' in page
    )
    assert "<strong>77.0 %</strong>" in page
    assert "70.0 to 82.0" in page
    assert "chip--regressed" not in page
    assert "<title>Nothing needs attention" in page


def test_what_regressed_comes_first_with_its_interval(acme: Tenant) -> None:
    with tenant(acme.pk):
        compared(finished(make_suite(name="sums"), "new"), "regressed")
    page = shown(acme, "/")
    assert "<title>1 needs attention" in page
    assert "new: 90.0 % → 77.0 %, -13.0 points, 95 % interval -20.0 to -6.0" in page


def test_a_gate_that_did_not_let_pass_is_told_as_it_answered_last(acme: Tenant) -> None:
    with tenant(acme.pk):
        comparison = compared(finished(make_suite(), "new"), "inconclusive")
        make_gate_check(comparison=comparison, gate_name="release", outcome="failed")
        make_gate_check(comparison=comparison, gate_name="release", outcome="needs_review")
        make_gate_check(comparison=comparison, gate_name="nightly", outcome="failed")
        make_gate_check(comparison=comparison, gate_name="nightly", outcome="passed")
    page = shown(acme, "/")
    assert "gate needs review" in page
    assert "gate release, about new" in page
    assert "nightly" not in page


@pytest.mark.parametrize(("lost", "is_told"), [(10, False), (11, True)])
def test_more_than_a_twentieth_without_a_verdict_is_told(
    lost: int, is_told: bool, acme: Tenant
) -> None:
    with tenant(acme.pk):
        finished(make_suite(), "new", lost=lost)
    page = shown(acme, "/")
    assert (f"{lost} of 200 cases ({lost / 2:.1f} %) have no verdict" in page) is is_told
    assert f"{lost / 2:.1f} %" in page


def test_a_paused_batch_says_why(acme: Tenant) -> None:
    with tenant(acme.pk):
        make_batch(state="paused", paused_code="cost_cap", paused_reason="the cap of $5 is met")
    assert "the cap of $5 is met" in shown(acme, "/")


def test_a_harmful_shift_is_told_until_it_is_seen(acme: Tenant) -> None:
    with tenant(acme.pk):
        make_shift(version="11")
        make_shift(version="12", is_harm=False)
        make_shift(version="13", state="seen")
    page = shown(acme, "/")
    assert "90.0 % → 60.0 % since version 11" in page
    assert "since version 12" not in page
    assert "since version 13" not in page


def test_a_running_batch_shows_how_far_it_is(acme: Tenant) -> None:
    with tenant(acme.pk):
        step = make_step(n_cases=30)
        make_chunk(step=step, number=0, n_cases=10, state="done")
        make_chunk(step=step, number=1, n_cases=20, n_written=5)
    page = shown(acme, "/")
    assert '<progress max="30" value="15"' in page
    assert "15 of 30 cases of step 1 (cpu)" in page
    assert 'hx-trigger="every 10s"' in page


def test_nothing_is_asked_again_when_nothing_runs(acme: Tenant) -> None:
    with tenant(acme.pk):
        finished(make_suite(), "new")
    assert "hx-trigger" not in shown(acme, "/")


def test_the_line_is_of_whole_batches_only(acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
        for number in range(3):
            finished(suite, f"whole-{number}", days=number + 1)
        finished(suite, "part", selection={"limit": 5})
    page = shown(acme, "/")
    label = page.partition("chart--spark")[2].partition("</svg>")[0]
    assert "3 " in label
    assert "part" not in label
    assert '<span class="chip">a part</span>' in page


@pytest.mark.parametrize(
    ("role", "words"),
    [(Role.VIEWER, "ask a curator of Acme"), (Role.CURATOR, "importcases FILE --suite NAME")],
)
def test_without_a_suite_the_next_step_is_named(role: Role, words: str, acme: Tenant) -> None:
    page = shown(acme, "/", role=role)
    assert "<title>No suite yet" in page
    assert words in page


def test_without_a_batch_the_next_command_is_named(acme: Tenant) -> None:
    with tenant(acme.pk):
        make_suite(name="sums")
    assert "manage.py runbatch --suite sums --run NAME" in shown(acme, "/", role=Role.ENGINEER)


def test_another_tenant_sees_nothing_of_it(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        compared(finished(make_suite(name="sums"), "new"), "regressed")
        make_step()
    page = shown(globex, "/")
    assert "sums" not in page
    assert "chip--regressed" not in page
    assert "<progress" not in page


def full(n: int) -> None:
    """So many suites, each with all that a page tells of one."""
    for number in range(n):
        suite = make_suite()
        comparison = compared(finished(suite, f"a-{suite}", lost=50), "regressed")
        make_gate_check(comparison=comparison)
        finished(suite, f"b-{suite}", days=number + 1)
        make_chunk(step=make_step(batch=make_batch(suite=suite)))
        make_batch(suite=suite, state="paused")
        make_shift()


def test_it_asks_as_much_of_many_suites_as_of_one(acme: Tenant) -> None:
    client = looker(acme)
    asked = []
    for more in (1, 4):
        with tenant(acme.pk):
            full(more)
        client.get("/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 24


def test_it_reads_no_scorecard(acme: Tenant) -> None:
    with tenant(acme.pk):
        full(1)
    client = looker(acme)
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert not [one["sql"] for one in queries if "scoring_" in one["sql"]]


def test_fifty_suites_make_a_page(acme: Tenant) -> None:
    with tenant(acme.pk):
        for number in range(52):
            make_suite(name=f"suite-{number:02}")
    first = shown(acme, "/")
    assert first.count('<th role="rowheader"') == 50
    after = first.partition("after=")[2].partition('"')[0].replace("%3D", "=")
    second = shown(acme, "/", after=after)
    assert second.count('<th role="rowheader"') == 2
    assert "First page" in second
