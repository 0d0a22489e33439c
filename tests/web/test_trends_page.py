"""A suite's trends in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends.detect import detect
from evalsite.trends.models import Shift, Watch
from tests.factories import make_run, make_suite, make_summary, make_target
from tests.trend_rows import make_shift, make_watch
from tests.trends.lines import Grower, noise
from tests.web.looking import looker, shown

STAGE = {"n": 20, "unscored": 3, "errored": 1, "mean": 0.4, "low": 0.3, "high": 0.5}


@pytest.fixture
def line(acme: Tenant) -> Iterator[Grower]:
    with tenant(acme.pk):
        yield Grower(suite=make_suite(name="sums"), target=make_target(name="agent"))


def page_of(of: Tenant, **query: Any) -> str:
    return shown(of, "/suites/sums/trends/", **query)


def test_without_a_batch_it_says_what_to_do(acme: Tenant, line: Grower) -> None:
    page = page_of(acme)
    assert "No batch of this suite has finished yet" in page
    assert "runbatch" in page


def test_each_batch_is_a_point_that_links_to_it(acme: Tenant, line: Grower) -> None:
    ends = {"pass_low": 0.7, "pass_high": 0.9, "unscored": 2, "n": 20}
    batch = line.add(0.8, figures=ends)
    page = page_of(acme)
    assert (
        f'<a href="/batches/{batch.pk}/" aria-label="v1: 80.0 %, 95 % interval 70.0 to 90.0 '
        in page
    )
    assert "chart__dot--partial" in page
    assert "<td>80.0 %</td><td>70.0 to 90.0</td><td>20</td><td>2</td>" in page


def test_a_batch_without_a_figure_is_a_gap(acme: Tenant, line: Grower) -> None:
    line.add(0.8)
    line.add(None)
    page = page_of(acme)
    assert page.count("chart__missing") == 1
    assert "<td>not measured</td>" in page


def test_a_shift_is_told_in_words_and_drawn(acme: Tenant, line: Grower) -> None:
    batches = line.grow([*noise(20, level=0.9), *noise(20, level=0.7)])
    found = detect(batches[-1])
    page = page_of(acme)
    assert [shift.version for shift in found] == ["v21"]
    assert "<title>Pass rate shifted: sums" in page
    assert "Pass rate of agent fell from" in page
    assert f'at version <a href="/batches/{batches[20].pk}/">v21</a>' in page
    assert page.count("chart__change--harm") == 1


def test_a_change_that_raised_no_alarm_says_so(acme: Tenant, line: Grower) -> None:
    line.grow([*noise(12, level=0.9), *noise(12, level=0.7)])
    page = page_of(acme)
    assert "which raised no alarm" in page
    assert page.count('class="chart__change"') == 1


def test_a_stage_is_a_figure(acme: Tenant, line: Grower) -> None:
    manifest = {"stages": [{"name": "logic"}]}
    line.add(0.8, manifest=manifest, figures={"stages": {"logic": STAGE}})
    page = page_of(acme, metric="stage:logic")
    assert "Mean score of stage logic now <strong>40.0 %</strong>" in page
    assert "<td>30.0 to 50.0</td><td>20</td><td>4</td>" in page
    assert "Stages are not watched" in page


def test_slices_are_lines_of_their_own(acme: Tenant, line: Grower) -> None:
    batch = line.add(0.8)
    for value in ("short", "long"):
        make_summary(batch=batch, slice_kind="tag", slice_value=value, pass_rate=0.5)
    page = page_of(acme, slice="tag")
    assert page.index("tag long") < page.index("tag short")
    assert page.count("chart--series") == 2


def test_many_lines_are_cut_and_told(acme: Tenant, line: Grower) -> None:
    for number in range(8):
        line.add(0.8, run=make_run(target=make_target(name=f"t{number}")))
    page = page_of(acme)
    assert page.count("chart--series") == 6
    assert "2 more lines not shown" in page
    assert page_of(acme, target="t7").count("chart--series") == 1


@pytest.mark.parametrize("metric", ["latency_ms", "cost_usd", "tokens", "unscored_rate", "score"])
def test_every_figure_is_shown(acme: Tenant, line: Grower, metric: str) -> None:
    line.add(0.8, figures={"latency_p50": 30.0, "cost_usd": 0.1, "cost_known": 1, "n": 4})
    assert "chart--series" in page_of(acme, metric=metric)


def test_watches_are_listed(acme: Tenant, line: Grower) -> None:
    line.add(0.8)
    make_watch(
        suite=line.suite, target=line.target, metric="pass_rate", n_versions=9, evidence=400.0
    )
    page = page_of(acme)
    assert '<th scope="row">pass rate of agent </th><td>9</td><td>0.25</td><td>none</td>' in page


@pytest.fixture
def shift(line: Grower) -> Shift:
    fields = {"suite": line.suite, "target": line.target, "metric": "pass_rate"}
    return make_shift(batch=line.add(0.8), **fields)


def test_a_shift_is_marked_as_seen(acme: Tenant, shift: Shift) -> None:
    client = looker(acme, role=Role.ENGINEER)
    assert "Mark as seen" in client.get("/suites/sums/trends/").content.decode()
    answer = client.post(reverse("shift-mark-seen", args=[shift.pk]))
    assert answer["Location"] == "/suites/sums/trends/?metric=pass_rate"
    shift.refresh_from_db()
    assert shift.state == "seen"


def test_a_viewer_has_no_such_button(acme: Tenant, shift: Shift) -> None:
    assert "Mark as seen" not in page_of(acme)
    answer = looker(acme).post(reverse("shift-mark-seen", args=[shift.pk]))
    assert answer.status_code == 403


def test_a_shift_of_another_figure_is_named(acme: Tenant, shift: Shift) -> None:
    page = page_of(acme, metric="score")
    assert "Shifts of other figures" in page
    assert "Pass rate of agent" in page


def queries(client: Any) -> int:
    client.get("/suites/sums/trends/")
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get("/suites/sums/trends/").status_code == 200
    return len(found)


def test_many_batches_take_no_more_queries(acme: Tenant, line: Grower) -> None:
    client = looker(acme)
    batch: Batch = line.add(0.8)
    detect(batch)
    few = queries(client)
    for rate in noise(6, level=0.8):
        detect(line.add(rate, run=make_run(target=make_target())))
    assert Watch.objects.count() > 6
    assert queries(client) == few


@pytest.mark.parametrize(
    "query",
    [{"metric": "x"}, {"target": "x"}, {"slice": "x"}, {"last": "7"}, {"metric": "stage:x"}],
)
def test_what_the_form_does_not_offer_is_not_found(
    acme: Tenant, line: Grower, query: dict[str, str]
) -> None:
    assert looker(acme).get("/suites/sums/trends/", query).status_code == 404


def test_another_tenant_finds_nothing(globex: Tenant, shift: Shift) -> None:
    client = looker(globex, role=Role.ENGINEER)
    assert client.get("/suites/sums/trends/").status_code == 404
    assert client.post(reverse("shift-mark-seen", args=[shift.pk])).status_code == 404
