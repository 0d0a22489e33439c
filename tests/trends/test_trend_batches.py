from __future__ import annotations

from typing import Any

import pytest

from evalsite.tenants.models import Tenant
from evalsite.trends.detect import detect
from evalsite.trends.points import Point
from evalsite.trends.queries import shifts_of
from evalsite.trends.selection import NoResults, Selection
from evalsite.trends.trend import trend
from tests.factories import make_run, make_suite, make_target
from tests.trends.lines import Grower, noise

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def line(as_acme: Tenant) -> Grower:
    return Grower(suite=make_suite(name="faq"), target=make_target(name="bot"))


def of(metric: str = "pass_rate", **filters: Any) -> list[Point]:
    return trend(Selection(**filters), metric=metric)


def test_versions_come_as_they_were_evaluated(line: Grower) -> None:
    line.add(0.5, version="1.9")
    line.add(0.6, version="1.10")
    assert [(point.version, point.avg) for point in of()] == [("1.9", 0.5), ("1.10", 0.6)]
    assert of()[0].line == {"suite": "faq", "target": "bot"}


def test_the_interval_is_the_summarys(line: Grower) -> None:
    line.add(0.5, figures={"pass_low": 0.4, "pass_high": 0.6, "n": 20, "unscored": 3, "errored": 1})
    (point,) = of()
    assert (point.low, point.high) == (0.4, 0.6)
    assert (point.n, point.samples, point.unscored) == (20, 16, 4)


def test_batches_of_a_version_are_averaged_and_no_narrower(line: Grower) -> None:
    run = make_run(target=line.target, client_version="1")
    line.add(0.4, run=run, figures={"pass_low": 0.2, "pass_high": 0.6})
    line.add(0.6, run=run, figures={"pass_low": 0.4, "pass_high": 0.8})
    (point,) = of()
    assert (point.avg, point.min, point.max) == pytest.approx((0.5, 0.4, 0.6))
    assert (point.low, point.high) == pytest.approx((0.3, 0.7))


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("score", 0.7),
        ("latency_ms", 120.0),
        ("cost_usd", 0.25),
        ("tokens", 40.0),
        ("unscored_rate", 0.5),
    ],
)
def test_each_metric_is_per_case_and_repetition(line: Grower, metric: str, expected: float) -> None:
    counts = {"n": 4, "unscored": 1, "errored": 1, "cost_known": 2}
    amounts = {"cost_usd": 1.0, "tokens_in": 300, "tokens_out": 20, "latency_p50": 120.0}
    line.add(0.5, repetitions=2, figures={**counts, **amounts, "mean_score": 0.7})
    assert of(metric)[0].avg == pytest.approx(expected)


def test_a_run_without_a_version_is_one_of_its_own(line: Grower) -> None:
    line.add(0.5, run=make_run(target=line.target, name="tuesday"))
    assert of()[0].version == "tuesday"


@pytest.mark.parametrize("fields", [{"state": "cancelled"}, {"selection": {"sample": 10}}])
def test_unfinished_and_partial_batches_are_left_out(line: Grower, fields: dict[str, Any]) -> None:
    line.add(0.5, **fields)
    with pytest.raises(NoResults):
        of()


def test_filters_are_by_name(line: Grower) -> None:
    line.add(0.5)
    Grower(suite=line.suite).add(0.9)
    assert [point.avg for point in of(target="bot", suite="faq")] == [0.5]


def test_a_filter_that_batches_lack_leaves_them_out(line: Grower) -> None:
    line.add(0.5)
    with pytest.raises(NoResults):
        of(agent="planner")


def test_shifts_are_told_with_the_trend(line: Grower) -> None:
    detect(line.grow([*noise(20, level=0.9), *noise(20, level=0.7)])[-1])
    (shift,) = shifts_of(Selection(suite="faq"), metric="pass_rate")
    assert shift.version == "v21"
    assert not shifts_of(Selection(suite="other"), metric="pass_rate")
    assert not shifts_of(Selection(), metric="score")
