"""A sample of what was recorded is scored, and nothing of it twice."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import TestCase
from evalsite.leaderboard.models import Board
from evalsite.pipeline.models import EvaluationRequest
from evalsite.pipeline.run_schedules import run_now
from evalsite.schedules.models import Sampled, Schedule, Tick
from evalsite.targets.models import Output, Run
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_case, make_evaluation, make_output, make_revision, make_run
from tests.pipeline.bench import deliver_all, statuses
from tests.schedule_rows import make_schedule
from tests.schedules.scheduled import date_back, recorded, sampling


@pytest.fixture
def run(as_acme: Tenant) -> Run:
    """Production's run: it stays open."""
    return make_run(status="running")


def active_case(schedule: Schedule) -> TestCase:
    case = make_case(suite=schedule.suite)
    make_revision(case=case)
    return case


def copied() -> list[Any]:
    return sorted(Sampled.objects.values_list("copied_from", flat=True))


def test_what_was_recorded_is_scored(run: Run) -> None:
    schedule = sampling(run)
    recorded(run, schedule, n=3)
    tick = run_now(schedule)
    assert (tick.state, tick.n_new) == ("started", 3)
    assert statuses(deliver_all(Batch.objects.get())) == {
        f"case-000{number}": "passed" for number in range(3)
    }


def test_where_nothing_is_new_there_is_no_batch(run: Run) -> None:
    tick = run_now(sampling(run))
    assert (tick.state, tick.n_new, tick.batch) == ("empty", 0, None)
    assert not Batch.objects.exists()


def test_only_what_came_since_the_tick_before_is_new(run: Run) -> None:
    schedule = sampling(run)
    recorded(run, schedule, n=2)
    run_now(schedule)
    Schedule.objects.update(read_until=timezone.now() - timedelta(seconds=90))
    recorded(run, schedule, n=1, prefix="later")
    assert run_now(schedule).n_new == 1
    assert Sampled.objects.count() == 3


def test_no_output_is_drawn_twice(run: Run) -> None:
    schedule = sampling(run)
    outputs = recorded(run, schedule, n=2)
    run_now(schedule)
    date_back(outputs)  # both were recorded anew, by another answer
    Schedule.objects.update(read_until=timezone.now() - timedelta(hours=1))
    assert run_now(schedule).state == "empty"
    assert copied() == sorted(output.pk for output in outputs)


def test_it_draws_at_most_so_many(run: Run) -> None:
    schedule = sampling(run, most=5)
    recorded(run, schedule, n=12)
    tick = run_now(schedule)
    assert (tick.n_new, Batch.objects.get().n_cases) == (12, 5)


def test_a_share_is_about_that_share(run: Run) -> None:
    schedule = sampling(run, percent=25.0, most=2000)
    recorded(run, schedule, n=120)
    run_now(schedule)
    assert 8 <= Sampled.objects.count() <= 56  # it is drawn by chance: six standard deviations


def test_a_replay_draws_the_same(run: Run) -> None:
    schedule = sampling(run, percent=50.0, most=7)
    recorded(run, schedule, n=40)
    drawn = []
    for _ in range(2):
        with transaction.atomic():
            run_now(schedule)
            drawn.append(copied())
            transaction.set_rollback(True)
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 7


def test_another_schedule_draws_others(run: Run) -> None:
    schedule = sampling(run, most=10)
    other = sampling(run, most=10, suite=schedule.suite)
    recorded(run, schedule, n=60)
    run_now(schedule)
    first = copied()
    Sampled.objects.all().delete()
    run_now(other)
    assert copied() != first


def test_of_several_answers_to_a_case_one_is_drawn(run: Run) -> None:
    schedule = sampling(run)
    case = active_case(schedule)
    other = make_run(target=run.target, status="running")
    date_back([make_output(run=one, case=case) for one in (run, other)])
    tick = run_now(schedule)
    assert (tick.n_new, Sampled.objects.count()) == (2, 1)


def test_what_is_scored_does_not_change_any_more(run: Run) -> None:
    schedule = sampling(run)
    recorded(run, schedule, n=1)
    run_now(schedule)
    Output.objects.filter(run=run).update(answer={"answer": "5"})
    assert statuses(deliver_all(Batch.objects.get())) == {"case-0000": "passed"}


def test_other_outputs_are_not_drawn(run: Run) -> None:
    schedule = sampling(run)
    recorded(make_run(), schedule, n=1, prefix="of-another-target")
    recorded(make_run(target=run.target, status="failed"), schedule, n=1, prefix="failed")
    recorded(make_run(target=run.target, eval_mode="live"), schedule, n=1, prefix="live")
    recorded(run, make_schedule(), n=1, prefix="of-another-suite")
    assert run_now(schedule).n_new == 0


def test_a_sample_is_not_sampled_again(run: Run) -> None:
    schedule = sampling(run)
    recorded(run, schedule, n=2)
    run_now(schedule)
    assert run_now(sampling(run, suite=schedule.suite)).n_new == 2


def test_a_sample_starts_no_evaluation_and_ranks_nothing(run: Run) -> None:
    schedule = sampling(run)
    make_evaluation(target=run.target, suite=schedule.suite)
    recorded(run, schedule, n=1)
    run_now(schedule)
    deliver_all(Batch.objects.get())
    assert not EvaluationRequest.objects.exists()
    assert not Board.objects.exists()


def test_a_refused_tick_has_read_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = sampling(run)
    recorded(run, schedule, n=1)
    Schedule.objects.update(options={"no": "such option"})
    assert run_now(schedule).state == "refused"
    Schedule.objects.update(options={})
    assert run_now(schedule).n_new == 1


def test_what_commits_late_comes_with_the_next_tick(committed_db: None) -> None:
    acme = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(acme.pk):
        run = make_run(status="running")
        schedule = sampling(run)
        with transaction.atomic():
            make_output(run=run, case=active_case(schedule))
            sql("UPDATE targets_output SET recorded_at = now()")
            sql("SELECT pg_sleep(1.1)")
            meanwhile = Thread(target=tick_elsewhere, args=(acme, schedule))
            meanwhile.start()
            meanwhile.join(20)
        assert Tick.objects.get().n_new == 0
        assert run_now(schedule).n_new == 1


def tick_elsewhere(acme: Tenant, schedule: Schedule) -> None:
    try:
        with tenant(acme.pk):
            run_now(schedule)
    finally:
        connections.close_all()


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
