"""A shift is found once, told whole, and not seen where there is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from django.db import connection

from evalsite.batches.models import Batch
from evalsite.pipeline.finish import close
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from evalsite.trends.alarm import RATE
from evalsite.trends.detect import detect
from evalsite.trends.models import Shift, Watch
from tests.factories import make_batch, make_run, make_target
from tests.trends.lines import Grower, noise

DROP = [*noise(20, level=0.9), *noise(20, level=0.8)]


@pytest.fixture
def line(as_acme: Tenant) -> Grower:
    return Grower()


def look_at_each(batches: list[Batch]) -> list[Shift]:
    return [shift for batch in batches for shift in detect(batch)]


def test_a_drop_is_found_at_its_version_within_a_few(line: Grower) -> None:
    batches = line.grow(DROP)
    (shift,) = look_at_each_as_it_grows(line, batches)
    assert (shift.version, shift.batch, shift.metric) == ("v21", batches[20], "pass_rate")
    assert batches.index(shift.found_in) < 32
    assert (shift.n_before, shift.n_after) == (20, batches.index(shift.found_in) - 19)


def look_at_each_as_it_grows(line: Grower, batches: list[Batch]) -> list[Shift]:
    """Look at each batch as if no later one had been there yet."""
    Batch.objects.filter(pk__in=[batch.pk for batch in batches]).update(state="running")
    found = []
    for batch in batches:
        Batch.objects.filter(pk=batch.pk).update(state="finished")
        found += detect(batch)
    return found


def test_a_shift_tells_both_levels_and_how_sure_it_is(line: Grower) -> None:
    (shift,) = detect(line.grow(DROP)[-1])
    assert shift.before == pytest.approx(0.9, abs=0.01)
    assert shift.after == pytest.approx(0.8, abs=0.01)
    assert shift.effect_low is not None
    assert shift.effect_high is not None
    assert shift.effect_low < shift.after - shift.before < shift.effect_high < 0
    assert 0 < shift.p_value <= shift.p_corrected <= RATE


def test_looking_again_finds_nothing_new(line: Grower) -> None:
    last = line.grow(DROP)[-1]
    assert len(detect(last)) == 1
    assert detect(last) == []
    assert Shift.objects.count() == 1


def test_after_a_shift_the_series_starts_anew(line: Grower) -> None:
    (first,) = detect(line.grow(DROP)[-1])
    (second,) = detect(line.grow(noise(25, level=0.95))[-1])
    assert (first.version, second.version) == ("v21", "v41")
    assert second.before == pytest.approx(0.8, abs=0.01)
    assert second.n_before == 20


def test_a_quiet_series_has_no_shift(line: Grower) -> None:
    assert look_at_each_as_it_grows(line, line.grow(noise(60, level=0.9))) == []


def test_values_all_alike_are_no_shift(line: Grower) -> None:
    batches = line.grow([1.0] * 40)
    Watch.objects.all().delete()
    assert look_at_each(batches[-3:]) == []


def test_one_wild_version_is_no_shift(line: Grower) -> None:
    rates = noise(40, level=0.9)
    rates[25] = 0.1
    assert look_at_each_as_it_grows(line, line.grow(rates)) == []


@pytest.mark.parametrize(
    ("figures", "metric", "is_harm"),
    [
        ((100.0, 200.0), "latency_ms", True),
        ((200.0, 100.0), "latency_ms", False),
    ],
)
def test_a_shift_knows_whether_it_is_for_the_worse(
    line: Grower, figures: tuple[float, float], metric: str, is_harm: bool
) -> None:
    rates = noise(40, level=0.9)
    for number, rate in enumerate(rates):
        line.add(rate, figures={"latency_p50": figures[number >= 20] + 100 * rate})
    (shift,) = detect(line.add(0.9, figures={"latency_p50": figures[1] + 90}))
    assert (shift.metric, shift.is_harm, shift.version) == (metric, is_harm, "v21")


def test_what_else_changed_at_a_shift_is_told(line: Grower) -> None:
    line.grow(DROP[:20])
    (shift,) = detect(line.grow(DROP[20:], suite_version=2, options={"k": 1})[-1])
    assert shift.also_changed == ["suite_version", "options"]


def test_a_batch_of_some_of_the_cases_belongs_to_no_series(line: Grower) -> None:
    line.grow(DROP[:20])
    assert detect(line.grow(DROP[20:], selection={"limit": 5})[-1]) == []
    assert Watch.objects.count() == 0


def test_batches_of_one_version_are_one_value(line: Grower) -> None:
    line.grow(DROP[:20])
    run = make_run(target=line.target, client_version="v21")
    last = [line.add(rate, run=run) for rate in DROP[20:]][-1]
    assert detect(last) == []
    assert Watch.objects.get(metric="pass_rate").n_versions == 21


def test_versions_without_a_value_are_left_out(line: Grower) -> None:
    detect([*line.grow(DROP[:10]), line.add(None)][-1])
    assert Watch.objects.get(metric="pass_rate").n_versions == 10


def test_another_client_type_is_another_series(line: Grower) -> None:
    line.grow(DROP[:20])
    for rate in DROP[20:]:
        run = make_run(target=line.target, client_type="mobile", client_version=f"m{line.n}")
        last = line.add(rate, run=run)
    assert detect(last) == []
    assert Watch.objects.get(metric="pass_rate").n_versions == 20


@pytest.mark.parametrize(("n_others", "n_found"), [(0, 1), (10_000, 0)])
def test_the_more_series_are_watched_the_more_it_takes(
    line: Grower, n_others: int, n_found: int
) -> None:
    quiet = {"suite": line.suite, "target": make_target(), "n_versions": 50, "evidence": 1.0}
    Watch.objects.bulk_create(Watch(**quiet, metric=f"stage:{n}") for n in range(n_others))
    assert len(detect(line.grow(DROP[:28])[-1])) == n_found


def test_series_that_shift_together_support_one_another(line: Grower) -> None:
    shifted = {"suite": line.suite, "target": make_target(), "n_versions": 50, "evidence": 1e6}
    Watch.objects.bulk_create(Watch(**shifted, metric=f"stage:{n}") for n in range(10_000))
    assert len(detect(line.grow(DROP[:28])[-1])) == 1


def test_the_other_tenant_counts_for_nothing(line: Grower, globex: Tenant) -> None:
    last = line.grow(DROP)[-1]
    with tenant(globex.pk):
        detect(Grower().add(0.5))
    (shift,) = detect(last)
    with tenant(globex.pk):
        assert list(Shift.objects.all()) == []
    assert shift.tenant != globex


def test_closing_a_batch_looks_at_its_series(line: Grower) -> None:
    close(make_batch(suite=line.suite, run=make_run(target=line.target)))
    assert Watch.objects.filter(suite=line.suite, target=line.target).count() == 6


def test_two_batches_closed_at_once_find_a_shift_once(committed_db: None) -> None:
    owner = Tenant.objects.create(slug="acme", name="Acme").pk
    with tenant(owner):
        batches = Grower().grow(DROP)[-2:]

    def look(batch: Batch) -> int:
        with closing(connection), tenant(owner):
            return len(detect(batch))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(look, batches)) == [0, 1]
    with tenant(owner):
        assert Shift.objects.count() == 1
