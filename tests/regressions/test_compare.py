from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite, TestCase
from evalsite.regressions.compare import compare, compare_with
from evalsite.regressions.models import Comparison, Regression
from evalsite.regressions.pin import pin
from evalsite.regressions.queries import headline
from evalsite.scoring.models import Scorecard
from evalsite.stats.paired import compare_pass
from evalsite.stats.paired_rates import mcnemar
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_revision, make_suite
from tests.summaries.filled import Card, make_filled

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


def of(suite: Suite, letters: str, *, age: int = 0, **fields: Any) -> Batch:
    """A batch whose cases are given by letter: Passed, Failed, Unscored, Errored, Open."""
    statuses = {"P": "passed", "F": "failed", "U": "unscored", "E": "errored", "O": "open"}
    cards = [Card(f"case-{i:03}", statuses[s]) for i, s in enumerate(letters) if s != "-"]
    batch = make_filled(suite, cards, **fields)
    batch.created_at = timezone.now() - timedelta(minutes=age)
    batch.save()
    return batch


def compared(suite: Suite, before: str, now: str) -> Regression:
    of(suite, before, age=5)
    return headline(made(of(suite, now)))


def made(batch: Batch) -> Comparison:
    comparison = compare(batch)
    assert comparison is not None
    return comparison


def counts(found: Regression) -> Sequence[int]:
    return found.n_pairs, found.worse, found.better, found.left_out


def test_a_first_batch_has_nothing_to_compare_with(suite: Suite) -> None:
    assert compare(of(suite, "P" * 20)) is None
    assert not Regression.objects.exists()


def test_a_real_fall_is_a_regression(suite: Suite) -> None:
    found = compared(suite, "P" * 40, "P" * 28 + "F" * 12)
    assert (found.verdict, found.metric) == ("regressed", "pass_rate")
    assert counts(found) == (40, 12, 0, 0)
    assert (found.before, found.after) == (1.0, 0.7)
    assert found.effect == pytest.approx(-0.3)
    assert found.p_value == pytest.approx(mcnemar(12, 0))
    assert "exact McNemar" in found.method


def test_a_real_rise_is_an_improvement(suite: Suite) -> None:
    found = compared(suite, "F" * 12 + "P" * 20, "P" * 32)
    assert (found.verdict, found.better) == ("improved", 12)


def test_a_few_changes_are_no_difference(suite: Suite) -> None:
    found = compared(suite, "P" * 40, "F" * 5 + "P" * 35)
    assert (found.verdict, found.p_value) == ("no_difference", 0.0625)


def test_the_same_again_is_no_difference(suite: Suite) -> None:
    found = compared(suite, "PF" * 10, "PF" * 10)
    assert (found.verdict, found.effect, found.p_value) == ("no_difference", 0.0, 1.0)


def test_the_interval_is_that_of_the_pairs(suite: Suite) -> None:
    found = compared(suite, "P" * 30 + "F" * 10, "P" * 20 + "F" * 19 + "P")
    wanted = compare_pass(worse=10, better=1, both_passed=20, both_failed=9)
    assert (found.effect_low, found.effect_high) == pytest.approx(wanted.interval)


def test_fewer_than_15_pairs_give_no_verdict(suite: Suite) -> None:
    found = compared(suite, "P" * 14, "F" * 14)
    assert (found.verdict, found.p_value, found.effect_low) == ("inconclusive", None, None)
    assert "fewer than the 15" in found.method


@pytest.mark.parametrize("letter", ["U", "E", "O", "-"])
def test_a_case_without_a_verdict_is_left_out_and_counted(suite: Suite, letter: str) -> None:
    found = compared(suite, f"{letter}P" + "P" * 18, f"P{letter}" + "P" * 18)
    assert counts(found) == (18, 0, 0, 2)


def test_many_unscored_cases_are_inconclusive_not_worse(suite: Suite) -> None:
    found = compared(suite, "P" * 60, "P" * 30 + "F" * 15 + "E" * 15)
    assert (found.verdict, found.worse) == ("inconclusive", 15)
    assert "25% of the cases are unscored or errored" in found.method


def test_a_smaller_selection_is_not_unscored(suite: Suite) -> None:
    found = compared(suite, "P" * 60, "P" * 10 + "F" * 10 + "-" * 40)
    assert (found.verdict, found.left_out) == ("regressed", 40)


def test_a_case_that_passes_less_often_is_worse(suite: Suite) -> None:
    keys = [f"case-{i}" for i in range(16)]
    twice = [Card(key, repetition=r) for key in keys for r in (0, 1)]
    flaky = [Card(key, "failed" if r else "passed", repetition=r) for key in keys for r in (0, 1)]
    make_filled(suite, twice, repetitions=2)
    found = headline(made(make_filled(suite, flaky, repetitions=2)))
    assert counts(found) == (16, 16, 0, 0)


def test_a_case_is_paired_over_its_revisions(suite: Suite) -> None:
    of(suite, "P" * 16, age=5)
    for case in TestCase.objects.filter(suite=suite)[:3]:
        make_revision(case=case, number=2)
    found = headline(made(of(suite, "P" * 16)))
    assert counts(found) == (16, 0, 0, 0)


def test_doing_it_again_gives_the_same_row(suite: Suite) -> None:
    found = compared(suite, "P" * 20, "F" * 8 + "P" * 12)
    again = made(found.comparison.batch)
    rows = Regression.objects.filter(comparison=again, metric="pass_rate").values()
    assert rows.get() == {**rows[0], "id": found.pk, "comparison_id": found.comparison_id}


def test_another_tenant_sees_no_regression(suite: Suite, globex: Tenant) -> None:
    compared(suite, "P" * 20, "F" * 20)
    with tenant(globex.pk):
        assert not Regression.objects.exists()


@pytest.mark.parametrize(("side", "named"), [(0, "the batch"), (1, "the baseline")])
def test_an_untrusted_judge_is_no_evidence(suite: Suite, side: int, named: str) -> None:
    before, now = of(suite, "P" * 40, age=5), of(suite, "P" * 28 + "F" * 12)
    caught = (now, before)[side]
    caught.preflight = "untrusted"
    caught.save()
    found = made(now)
    assert found.verdict == "inconclusive"
    assert found.reason == f"judge_untrusted: the judges of {named}"


def test_a_retry_replaces_what_was_found(suite: Suite) -> None:
    of(suite, "P" * 40, age=5)
    batch = of(suite, "P" * 28 + "E" * 6 + "F" * 6)
    first = made(batch)
    Scorecard.objects.filter(batch=batch, status="errored").update(
        status="failed", overall_score=0.0
    )
    again = made(batch)
    assert (first.pk, Comparison.objects.count()) == (again.pk, 1)
    assert (headline(again).worse, again.losses.get("errored_now")) == (12, None)
    places = Regression.objects.values_list("metric", "slice_kind", "slice_value")
    assert len(places) == len(set(places))


def test_a_finding_that_vanished_is_taken_away(suite: Suite) -> None:
    of(suite, "P" * 20, age=5)
    batch = of(suite, "P" * 20)
    Scorecard.objects.update(latency_ms=5.0)
    assert made(batch).findings.filter(metric="latency_ms").exists()
    Scorecard.objects.update(latency_ms=None)
    assert not made(batch).findings.filter(metric="latency_ms").exists()


def test_one_comparison_is_the_batchs_own(suite: Suite) -> None:
    older, newer = of(suite, "P" * 20, age=9), of(suite, "P" * 20, age=5)
    batch = of(suite, "P" * 20)
    assert made(batch).baseline == newer
    pin(older)
    assert (made(batch).baseline, made(batch).chosen_by) == (older, "pinned")
    assert Comparison.objects.filter(batch=batch, is_own=True).count() == 1


def test_a_named_comparison_leaves_the_own_one(suite: Suite) -> None:
    older, newer = of(suite, "P" * 20, age=9), of(suite, "P" * 20, age=5)
    batch = of(suite, "P" * 20)
    own = made(batch)
    named, same = compare_with(batch, older), compare_with(batch, newer)
    assert (named.is_own, named.chosen_by) == (False, "named")
    assert (same.pk, same.is_own, same.chosen_by) == (own.pk, True, "previous")


def test_figures_that_are_no_measurements_do_no_harm(suite: Suite) -> None:
    of(suite, "P" * 20, age=5)
    batch = of(suite, "P" * 20)
    Scorecard.objects.update(
        latency_ms=float("inf"), cost_usd=1e300, tokens_in=2**31 - 1, tokens_out=2**31 - 1
    )
    found = {row.metric: row.after for row in made(batch).findings.all()}
    assert "latency_ms" not in found
    assert found["tokens"] == 2.0**32 - 2
