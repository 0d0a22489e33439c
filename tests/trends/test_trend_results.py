"""The trend over results, against figures that were computed another way."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from statistics import fmean, stdev
from typing import Any

import pytest
from django.utils import timezone

from evalsite.experiments.models import Experiment, Result
from evalsite.stats.clusters import clustered_t
from evalsite.stats.intervals import bounded_mean, mean_t, wilson
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends.points import Point
from evalsite.trends.selection import NoResults, Selection
from evalsite.trends.trend import trend
from tests.factories import make_batch, make_experiment, make_result

Record = Callable[..., list[Result]]


def of(**filters: Any) -> list[Point]:
    metric = filters.pop("metric", "score")
    return trend(Selection(**filters), metric=metric)


def test_a_point_tells_average_ends_and_counts(record: Record) -> None:
    record(0.2, 0.4, 0.9, None)
    (point,) = of()
    assert point.avg == pytest.approx(0.5)
    assert (point.min, point.max) == (0.2, 0.9)
    assert (point.n, point.samples, point.unscored) == (3, 3, 1)
    assert point.line == {"experiment": "prompt", "group": "baseline"}


def test_the_interval_is_that_of_scores_in_0_to_1(record: Record) -> None:
    scores = [random.Random(i).random() for i in range(30)]
    record(*scores)
    (point,) = of()
    assert (point.low, point.high) == pytest.approx(
        bounded_mean(fmean(scores), sd=stdev(scores), n=len(scores))
    )


def test_the_interval_of_a_pass_rate_is_wilsons(record: Record) -> None:
    record(*[1.0] * 18, 0.0, None)
    (point,) = of(metric="pass_rate")
    assert (point.low, point.high) == pytest.approx(wilson(18, 19))


def test_clusters_widen_the_interval_as_they_do_in_the_statistics(experiment: Experiment) -> None:
    dice = random.Random(3)
    sources = [f"doc{i % 6}" for i in range(40)]
    shared = {source: dice.random() / 2 for source in sources}
    values = [shared[source] + dice.random() / 3 for source in sources]
    for i, (value, source) in enumerate(zip(values, sources, strict=True)):
        make_result(experiment=experiment, task=f"t{i}", latency_ms=value, cluster=source)
    (point,) = of(metric="latency_ms")
    assert (point.low, point.high) == pytest.approx(clustered_t(values, sources))


def test_repetitions_are_averaged_inside_a_task_first(record: Record) -> None:
    record(0.0, 1.0)
    record(1.0, repetition=1)
    (point,) = of()
    assert (point.avg, point.n, point.samples) == (0.75, 2, 3)
    assert (point.low, point.high) == pytest.approx(bounded_mean(0.75, sd=0.125**0.5, n=2))


def test_scores_all_alike_claim_no_certainty(record: Record) -> None:
    record(1.0, 1.0, 1.0)
    (point,) = of()
    assert (point.low, point.high) == pytest.approx(wilson(3, 3))


def test_an_interval_of_an_amount_is_not_cut_at_one(experiment: Experiment) -> None:
    for i, latency in enumerate((100.0, 120.0, 110.0)):
        make_result(experiment=experiment, task=str(i), latency_ms=latency)
    (point,) = of(metric="latency_ms")
    assert (point.low, point.high) == pytest.approx(mean_t([100.0, 120.0, 110.0]))


def test_one_amount_has_no_interval(experiment: Experiment) -> None:
    make_result(experiment=experiment, tokens_used=5)
    (point,) = of(metric="tokens")
    assert (point.avg, point.low, point.high) == (5.0, None, None)


def test_a_version_without_a_score_is_shown_with_what_it_lacks(record: Record) -> None:
    record(None, None)
    (point,) = of()
    assert (point.avg, point.low, point.n, point.unscored) == (None, None, 0, 2)


def test_versions_come_in_the_order_of_their_first_result(record: Record) -> None:
    record(0.5, version="1.9")
    record(0.5, version="1.10")
    Result.objects.filter(version="1.9").update(recorded_at=timezone.now() + timedelta(days=1))
    Result.objects.filter(version="1.10").update(created_at=timezone.now() + timedelta(hours=1))
    assert [point.version for point in of()] == ["1.9", "1.10"]
    assert of()[0].last_recorded > of()[1].last_recorded


def test_groups_and_agents_are_lines_of_their_own(record: Record) -> None:
    record(0.1)
    record(0.9, group="variant")
    record(0.5, task="other", agent_name="planner")
    assert sorted(point.avg or 0 for point in of()) == [0.1, 0.5, 0.9]
    assert len({tuple(point.line.items()) for point in of()}) == 3


@pytest.mark.parametrize(
    "filters",
    [
        {"experiment": "prompt"},
        {"group": "variant"},
        {"agent": "planner"},
        {"model": "m1"},
        {"days": 7},
    ],
)
def test_a_filter_leaves_the_rest_out(record: Record, filters: dict[str, Any]) -> None:
    fields = {"agent_name": "planner", "model_version": "m1", "group": "variant"}
    record(0.9, **fields)
    make_result(experiment=make_experiment(name="other"), score=0.1)
    Result.objects.filter(score=0.1).update(recorded_at=timezone.now() - timedelta(days=8))
    assert [point.avg for point in of(**filters)] == [0.9]


def test_suite_and_target_are_those_of_the_results_batch(record: Record) -> None:
    batch = make_batch()
    record(0.9, batch=batch)
    record(0.1, version="2")
    (point,) = of(suite=batch.suite.name, target=batch.run.target.name)
    assert point.avg == 0.9


def test_nothing_left_is_told(record: Record) -> None:
    record(0.9)
    with pytest.raises(NoResults) as caught:
        of(experiment="another")
    assert caught.value.exit_code == 5


def test_another_tenants_results_are_not_seen(record: Record, globex: Tenant) -> None:
    record(0.9)
    with tenant(globex.pk):
        make_result(score=0.1)
        assert [point.avg for point in of()] == [0.1]


def test_a_trend_agrees_with_its_mean_on_random_results(record: Record) -> None:
    dice = random.Random(11)
    scores = [dice.choice((None, dice.random())) for _ in range(200)]
    record(*scores)
    assert of()[0].avg == pytest.approx(fmean(s for s in scores if s is not None))
