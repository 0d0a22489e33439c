"""Each tick once: two coordinators at once, and one that is killed in between."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections, transaction

from evalsite.batches.models import Batch
from evalsite.env import ROOT
from evalsite.pipeline.run_schedules import run_due_schedules, run_next
from evalsite.schedules.claim import claim_due
from evalsite.schedules.models import Schedule, Tick
from evalsite.targets.models import Run
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.schedules.scheduled import let_be_due, live
from tests.services import Services

HOUR = timedelta(hours=1)
SCHEDULES, TICKS = 4, 25
# A coordinator that dies when all is written and nothing is committed.
DIES = """
import os, signal, sys
import django
django.setup()
from evalsite.pipeline import run_schedules
from evalsite.tenants.scope import tenant

def die(*args, **options):
    os.kill(os.getpid(), signal.SIGKILL)

settle = run_schedules.settle
run_schedules.settle = lambda *args, **options: (settle(*args, **options), die())
with tenant(sys.argv[1]):
    run_schedules.run_next()
"""


@pytest.fixture
def acme(committed_db: None) -> Iterator[Tenant]:
    """A tenant in scope, where commits are real."""
    made = Tenant.objects.create(slug="acme", name="Acme")
    with tenant(made.pk):
        yield made


def coordinate(acme: Tenant, start: Barrier, *, wanted: int) -> None:
    """Run what is due as often as it takes; what another holds is passed by."""
    try:
        with tenant(acme.pk):
            start.wait(20)
            while Tick.objects.count() < wanted:
                run_next()
    finally:
        connections.close_all()


def two_at_once(acme: Tenant, *, wanted: int) -> None:
    start = Barrier(2)
    both = [
        Thread(target=coordinate, args=(acme, start), kwargs={"wanted": wanted}) for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join(120)


def test_two_coordinators_give_one_batch_for_each_of_a_hundred_ticks(acme: Tenant) -> None:
    schedules = [live(catch_up="all", catch_up_most=100) for _ in range(SCHEDULES)]
    firsts = {one.pk: let_be_due(one, ago=HOUR * TICKS - HOUR / 2) for one in schedules}
    two_at_once(acme, wanted=SCHEDULES * TICKS)
    ticks = list(Tick.objects.filter(state="started"))
    assert {(tick.schedule_id, tick.due_at) for tick in ticks} == {
        (pk, first + HOUR * at) for pk, first in firsts.items() for at in range(TICKS)
    }
    assert len(ticks) == Batch.objects.count() == SCHEDULES * TICKS
    assert set(Counter(Batch.objects.values_list("run", flat=True)).values()) == {1}


def test_what_one_holds_another_passes_by(acme: Tenant) -> None:
    schedule = live()
    let_be_due(schedule)
    with transaction.atomic():
        assert claim_due() is not None
        other = Thread(target=_run_elsewhere, args=(acme,))
        other.start()
        other.join(20)
        assert not Tick.objects.exists()
    assert run_due_schedules() == 1


def test_one_that_is_killed_before_the_commit_has_done_nothing(
    acme: Tenant, services: Services
) -> None:
    schedule = live()
    due = let_be_due(schedule)
    environment = {**os.environ, **services.environment(), "CALLABLE_TARGETS": "true"}
    environment["DJANGO_SETTINGS_MODULE"] = "evalsite.settings"
    script = [sys.executable, "-c", DIES, str(acme.pk)]
    died = subprocess.run(script, env=environment, cwd=ROOT, timeout=100, check=False)
    assert died.returncode == -9
    assert (Tick.objects.count(), Batch.objects.count(), Run.objects.count()) == (0, 0, 1)
    assert [run_due_schedules(), run_due_schedules()] == [1, 0]
    assert Tick.objects.get().due_at == due


def test_a_tick_that_was_written_is_not_written_again(acme: Tenant) -> None:
    schedule = live()
    due = let_be_due(schedule)
    run_next()
    # As if the move had been lost: the row itself keeps it from coming twice.
    Schedule.objects.update(next_at=due)
    with pytest.raises(Exception, match="schedules_tick_once"):
        run_next()
    assert Batch.objects.count() == 1


def _run_elsewhere(acme: Tenant) -> None:
    try:
        with tenant(acme.pk):
            assert run_next() is None
    finally:
        connections.close_all()
