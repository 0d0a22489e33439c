"""Which batches share a board, and which of a system's batches stands for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.leaderboard.models import Board, Standing
from evalsite.leaderboard.rank import rank
from evalsite.leaderboard.stand import stand, stand_all
from evalsite.summaries.queries import headline
from evalsite.tenants.models import Tenant
from tests.factories import make_run, make_suite, make_target
from tests.leaderboard.stood import board_of, standing, stood, system
from tests.summaries.filled import MANIFEST, Card

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


def aged(batch: Batch, *, minutes: int) -> Batch:
    """The same batch, begun earlier, and closed once more."""
    batch.created_at = timezone.now() - timedelta(minutes=minutes)
    batch.save()
    stand(batch)
    return batch


def test_a_batch_stands_for_its_run_and_version_by_each_metric(suite: Suite) -> None:
    batch = stood(suite, "PPPFU" * 4)
    found = Standing.objects.filter(batch=batch).values_list("kind", "metric")
    metrics = ("pass_rate", "score")
    assert set(found) == {(k, m) for k in ("run", "version") for m in metrics}


def test_its_figures_are_those_of_the_summary(suite: Suite) -> None:
    batch = stood(
        suite, [Card(f"c{i}", "passed", i / 20) for i in range(20)] + [Card("u", "unscored")]
    )
    whole = headline(batch.pk)
    rate, score = standing(batch), standing(batch, metric="score")
    assert whole is not None
    assert (rate.value, rate.low, rate.high) == (1.0, whole.pass_low, whole.pass_high)
    assert (score.value, score.low, score.high) == (
        whole.mean_score, whole.score_low, whole.score_high,
    )  # fmt: skip
    assert (rate.n, rate.missing, rate.reserve) == (21, 1, "")


def test_a_batch_that_is_not_finished_stands_nowhere(suite: Suite) -> None:
    stood(suite, "PP", state="cancelled")
    assert not Board.objects.exists()


@pytest.mark.parametrize(("minutes", "stands"), [(5, False), (-5, True)])
def test_only_a_newer_batch_replaces_a_runs_own(suite: Suite, minutes: int, stands: bool) -> None:
    run = make_run()
    first = stood(suite, "PPPP", run=run)
    second = stood(suite, "PFFF", run=run, state="running")
    second.state = "finished"
    aged(second, minutes=minutes)
    assert Standing.objects.filter(kind="run", batch=second if stands else first).count() == 2
    assert Standing.objects.filter(kind="run").count() == 2


def test_a_version_has_one_place_whatever_its_runs(suite: Suite) -> None:
    version = {"target": make_target(), "client_type": "web", "client_version": "1.2"}
    stood(suite, "PPFF", run=make_run(**version))
    newer = stood(suite, "PPPF", run=make_run(**version))
    stood(suite, "PPPP", run=make_run(**{**version, "client_type": "mobile"}))
    assert Standing.objects.filter(kind="run", metric="score").count() == 3
    versions = Standing.objects.filter(kind="version", metric="score")
    assert set(versions.values_list("client_type", "value")) == {("web", 0.75), ("mobile", 1.0)}
    assert versions.get(client_type="web").batch_id == newer.pk


@pytest.mark.parametrize(
    "other",
    [
        {"suite_version": 2},
        {"selection": {"limit": 4}},
        {"manifest": {**MANIFEST, "options": {"case": "fold"}}},
    ],
    ids=["suite version", "selection", "judges"],
)
def test_what_cannot_be_compared_has_a_board_of_its_own(suite: Suite, other: Any) -> None:
    stood(suite, "PPFF")
    stood(suite, "PPPF")
    stood(suite, "PPPP", **other)
    assert sorted(Board.objects.values_list("version", flat=True)) == [1, 2]


def test_suites_do_not_mix(suite: Suite) -> None:
    stood(suite, "PPFF")
    stood(make_suite(), "PPFF")
    assert Board.objects.count() == 2


@pytest.mark.parametrize(
    ("letters", "fields", "reserve"),
    [("PPPPPPPUUU", {}, "unscored"), ("PPPP", {"preflight": "untrusted"}, "judge_untrusted")],
)
def test_what_is_no_evidence_is_reserved(
    suite: Suite, letters: str, fields: Any, reserve: str
) -> None:
    assert standing(stood(suite, letters, **fields)).reserve == reserve


def test_no_verdict_at_all_is_no_value(suite: Suite) -> None:
    found = standing(stood(suite, "UUE"))
    assert (found.value, found.missing) == (None, 3)


def test_a_newer_batch_waits_to_be_ranked(suite: Suite) -> None:
    run = make_run()
    stood(suite, "P" * 20, run=run)
    system(suite, "other", "F" * 20)
    assert rank(board_of(suite).pk)
    assert standing(Batch.objects.get(run=run)).rank_low == 1
    newer = stood(suite, "F" * 20, run=run)
    assert standing(newer).rank_low is None
    assert board_of(suite).is_stale


def test_a_leaderboard_can_be_built_from_the_batches_alone(suite: Suite) -> None:
    stood(suite, "PPFF")
    stood(suite, "PPPF", suite_version=2)
    rows = list(Standing.objects.order_by("batch", "kind", "metric").values_list("batch", "value"))
    Standing.objects.all().delete()
    Board.objects.all().delete()
    assert len(stand_all(suite)) == 2
    again = Standing.objects.order_by("batch", "kind", "metric").values_list("batch", "value")
    assert list(again) == rows
