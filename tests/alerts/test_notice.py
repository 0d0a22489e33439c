"""What the pipeline meets, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.alerts.models import Alert
from evalsite.alerts.notice import batch_closed, batches_stuck, chunks_lost
from evalsite.alerts.stuck import stuck_batches
from evalsite.batches.models import Batch
from evalsite.pipeline.models import OutboxMessage
from evalsite.pipeline.pause import pause
from evalsite.pipeline.sweep import sweep
from evalsite.tenants.models import Tenant
from tests.factories import make_batch, make_chunk, make_step, make_subscription, make_summary
from tests.tenant_rows import make_entry

pytestmark = pytest.mark.usefixtures("as_acme")

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def reader(as_acme: Tenant) -> None:
    make_subscription(email="ann@example.org")


def aged(batch: Batch) -> Batch:
    """A batch begun an hour ago."""
    Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - AN_HOUR)
    return batch


def stuck() -> list[Any]:
    return stuck_batches(seconds=600)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    ("code", "kind"), [("money_cap", "budget_reached"), ("endpoint_broken", "batch_failed")]
)
def test_a_pause_is_told_once_per_epoch(code: str, kind: str) -> None:
    batch = make_batch()
    for _ in range(2):
        pause(batch.pk, code=code, reason="it does not go on")
    alert = Alert.objects.get()
    assert alert.kind == kind
    assert "Paused: it does not go on." in alert.text
    assert OutboxMessage.objects.get().task == "pipeline.deliver_alerts"
    Batch.objects.update(state="running", epoch=2)
    pause(batch.pk, code=code, reason="again")
    assert Alert.objects.count() == 2


@pytest.mark.usefixtures("reader")
def test_too_many_cases_without_a_verdict_are_told() -> None:
    batch = make_batch(state="finished")
    make_summary(batch=batch, n=10, passed=6, failed=1, unscored=2, errored=1)
    (alert,) = batch_closed(batch, None)
    assert "30% of its cases have no verdict, over 20%" in alert.text


@pytest.mark.usefixtures("reader")
def test_a_few_without_a_verdict_are_not() -> None:
    batch = make_batch(state="finished")
    make_summary(batch=batch, n=10, passed=8, failed=0, unscored=1, errored=1)
    assert batch_closed(batch, None) == []


@pytest.mark.usefixtures("reader")
def test_the_first_failure_of_a_batch_is_told_the_second_not() -> None:
    batch = make_batch()
    assert "killed every worker" in chunks_lost([batch.pk])[0].text
    assert len(batches_stuck([batch.pk])) == 1
    assert Alert.objects.count() == 1


def test_a_batch_without_progress_is_stuck() -> None:
    make_batch()
    assert stuck() == []
    idle = aged(make_batch())
    assert stuck() == [idle.pk]


@pytest.mark.parametrize("state", ["paused", "finished", "cancelled"])
def test_only_a_running_batch_is_stuck(state: str) -> None:
    aged(make_batch(state=state))
    assert stuck() == []


@pytest.mark.parametrize("sign", ["lease", "done", "step", "person"])
def test_progress_of_any_kind_is_progress(sign: str) -> None:
    batch, now = aged(make_batch()), timezone.now()
    if sign == "person":
        make_entry(action="batch.resumed", subject_id=str(batch.pk))
        assert stuck() == []
        return
    step = make_step(batch=batch, finished_at=now if sign == "step" else None)
    lease = {"state": "leased", "lease_until": now + AN_HOUR} if sign == "lease" else {}
    make_chunk(step=step, finished_at=now if sign == "done" else None, **lease)
    assert stuck() == []


def test_a_lease_that_ran_out_long_ago_is_no_progress() -> None:
    batch = aged(make_batch())
    past = timezone.now() - AN_HOUR
    make_chunk(step=make_step(batch=batch), state="leased", lease_until=past, dispatched_at=past)
    assert stuck() == [batch.pk]


@pytest.mark.usefixtures("reader")
def test_the_sweeper_tells_of_a_stuck_batch_once(knobs: Callable[..., None]) -> None:
    knobs(stuck_seconds="600")
    make_chunk(step=make_step(batch=aged(make_batch())))
    done = [sweep()["stuck"] for _ in range(2)]
    assert done == [1, 0]
    assert "for 10 minutes" in Alert.objects.get().text
