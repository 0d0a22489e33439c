from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from evalsite.batches.models import Batch
from evalsite.scoring.models import Scorecard
from evalsite.stats.intervals import wilson
from evalsite.summaries import figures
from evalsite.summaries.models import Summary
from evalsite.summaries.queries import headline, of_batch, weakest_slices
from evalsite.summaries.summarize import summarize
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_suite
from tests.summaries.filled import Card, make_filled, random_cards
from tests.summaries.recompute import recompute

pytestmark = pytest.mark.usefixtures("as_acme")


def filled(*cards: Card, **fields: Any) -> Batch:
    return make_filled(make_suite(), cards, **fields)


def stored(batch: Batch) -> dict[tuple[str, str], dict[str, Any]]:
    rows = Summary.objects.filter(batch=batch).values()
    return {(row["slice_kind"], row["slice_value"]): dict(row) for row in rows}


def assert_alike(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if isinstance(value, dict):
            assert_alike(found[name], value)
        elif isinstance(value, float):
            assert found[name] == pytest.approx(value, abs=1e-9, rel=1e-9), name
        else:
            assert found[name] == value, name


@pytest.mark.parametrize("at_once", [1, 500])
@pytest.mark.parametrize("repetitions", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_it_equals_recomputation(
    seed: int, repetitions: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalsite.summaries.summarize._AT_ONCE", at_once)
    cards = random_cards(seed, n=120, repetitions=repetitions)
    batch = filled(*cards, repetitions=repetitions)
    summarize(batch)
    wanted, found = recompute(batch), stored(batch)
    assert found.keys() == wanted.keys()
    for key, one in wanted.items():
        assert_alike(found[key], one)


def test_alike_scores_by_different_sums_are_alike() -> None:
    cards = [Card(f"case-{i}", "failed", 0.1 + 0.2 if i % 2 else 0.3) for i in range(10)]
    batch = filled(*cards)
    assert_alike(summarize(batch)[0].__dict__, recompute(batch)["all", ""])


def test_unscored_and_errored_are_counted_but_in_no_rate() -> None:
    batch = filled(Card("a"), Card("b", "failed"), Card("c", "unscored"), Card("d", "errored"))
    (whole,) = summarize(batch)
    assert (whole.n, whole.passed, whole.failed) == (4, 1, 1)
    assert (whole.unscored, whole.errored) == (1, 1)
    assert (whole.pass_rate, whole.mean_score) == (0.5, 0.5)
    assert (whole.pass_low, whole.pass_high) == pytest.approx(wilson(1, 2))


def test_nothing_scored_has_no_rate() -> None:
    (whole,) = summarize(filled(Card("a", "unscored")))
    assert (whole.n, whole.pass_rate, whole.mean_score) == (1, None, None)
    assert whole.latency_p50 is None


def test_no_scorecard_gives_a_row_of_nothing() -> None:
    (whole,) = summarize(filled())
    assert (whole.slice_kind, whole.n, whole.pass_rate) == ("all", 0, None)


def test_an_open_scorecard_is_left_out() -> None:
    (whole,) = summarize(filled(Card("a"), Card("b", "open")))
    assert (whole.n, whole.passed) == (1, 1)


@pytest.mark.parametrize(
    ("statuses", "counted"),
    [
        (("passed", "passed"), "passed"),
        (("passed", "failed"), "failed"),
        (("passed", "unscored"), "unscored"),
        (("unscored", "errored"), "errored"),
    ],
)
def test_a_case_is_as_its_worst_repetition(statuses: tuple[str, str], counted: str) -> None:
    cards = [Card("a", status, repetition=r) for r, status in enumerate(statuses)]
    (whole,) = summarize(filled(*cards, repetitions=2))
    assert (whole.n, getattr(whole, counted)) == (1, 1)


def test_repetitions_are_averaged_inside_a_case_first() -> None:
    # One case passed both times, one once: the share is 0.75, in cases it is one of two.
    cards = [Card("a"), Card("a", repetition=1), Card("b"), Card("b", "failed", repetition=1)]
    (whole,) = summarize(filled(*cards, repetitions=2))
    assert (whole.passed, whole.failed, whole.pass_rate) == (1, 1, 0.75)


def test_slices_are_tags_category_and_complexity() -> None:
    case = {"tags": ["x", "y", "x"], "category": "x", "complexity": 2}
    summarize(batch := filled(Card("a", case=case)))
    slices = [("all", ""), ("category", "x"), ("complexity", "2"), ("tag", "x"), ("tag", "y")]
    assert [(row.slice_kind, row.slice_value) for row in of_batch(batch.pk)] == slices
    assert {row.n for row in of_batch(batch.pk)} == {1}


def test_the_weakest_slices_come_first_and_those_without_a_rate_last() -> None:
    cards = [
        Card("a", case={"tags": ["good"], "category": "mixed"}),
        Card("b", "failed", case={"tags": ["bad"], "category": "mixed"}),
        Card("c", "errored", case={"tags": ["lost"]}),
    ]
    summarize(batch := filled(*cards))
    values = [row.slice_value for row in weakest_slices(batch.pk)]
    assert values == ["bad", "mixed", "good", "lost"]


def test_it_replaces_itself_and_keeps_the_rows() -> None:
    batch = filled(Card("a"))
    (before,) = summarize(batch)
    Scorecard.objects.filter(batch=batch).update(status="failed", overall_score=0)
    (after,) = summarize(batch)
    assert (after.pk, after.failed, after.passed) == (before.pk, 1, 0)


def test_a_slice_that_vanished_goes() -> None:
    batch = filled(Card("a"), Card("b", case={"tags": ["gone"]}))
    assert len(summarize(batch)) == 2
    Scorecard.objects.filter(batch=batch, revision__tags=["gone"]).delete()
    assert [row.slice_kind for row in summarize(batch)] == ["all"]


def test_cost_says_how_much_of_it_is_known() -> None:
    known = {"cost_usd": 0.25, "tokens_in": 10}
    (whole,) = summarize(filled(Card("a", fields=known), Card("b")))
    assert (whole.cost_usd, whole.cost_known, whole.tokens_in) == (0.25, 1, 10)
    assert whole.tokens_out is None


def test_a_stage_tells_how_many_it_did_not_judge() -> None:
    skipped = {"stages": {"logic": {"status": "skipped", "score": None, "code": "gate_failed"}}}
    (whole,) = summarize(filled(Card("a"), Card("b", "failed", fields=skipped)))
    logic = whole.stages["logic"]
    assert (logic["n"], logic["passed"], logic["skipped"], logic["scored"]) == (2, 1, 1, 1)
    assert logic["mean"] == 1.0
    assert whole.stages["syntax"]["n"] == 0


def test_the_headline_is_the_whole() -> None:
    batch = filled(Card("a", case={"tags": ["x"]}))
    assert headline(batch.pk) is None
    summarize(batch)
    found = headline(batch.pk)
    assert found is not None
    assert found.slice_kind == "all"


def test_another_tenant_sees_nothing(globex: Tenant) -> None:
    batch = filled(Card("a"))
    summarize(batch)
    with tenant(globex.pk):
        assert not of_batch(batch.pk).exists()


@pytest.mark.parametrize("state", ["finished", "paused"])
def test_the_planner_is_left_as_it_was(state: str) -> None:
    batch = filled(Card("a", "passed"), Card("b", "failed"), state=state)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL jit = on")
        summarize(batch)
        cursor.execute(
            "SELECT current_setting(name) FROM unnest(%s::text[]) AS name",
            [["enable_sort", "enable_nestloop", "jit", *figures._ALONG_INDEXES, *figures._WHOLE]],
        )
        found = cursor.fetchall()
    assert found[:3] == [("on",), ("off",), ("on",)]
    assert found[3:] == [("on",), ("on",), ("4",), ("off",), ("on",), ("on",)]
