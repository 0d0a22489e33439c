"""Which alerts are due follows from when batches were begun and weighed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from evalsite.alerts.models import Alert
from evalsite.alerts.notice import batch_closed
from evalsite.batches.models import Batch
from evalsite.regressions.compare import compare
from evalsite.regressions.models import Comparison
from evalsite.targets.models import Run
from evalsite.tenants.models import Tenant
from tests.alerts.told import Story
from tests.crucible.crossings import Weighed, crossings, weighed
from tests.crucible.fouls import Outage
from tests.factories import make_subscription

NOW = datetime(2026, 11, 22, tzinfo=UTC)
GOOD, BAD, UNCLEAR = False, True, None


def ended(begun: float, at: float, is_bad: bool | None, *, until: float | None = None) -> Weighed:
    last = NOW + timedelta(seconds=at + 1 if until is None else until)
    return Weighed(NOW + timedelta(seconds=begun), NOW + timedelta(seconds=at), last, is_bad)


FIRST = ended(-20, -10, GOOD)


@pytest.mark.parametrize(
    ("batches", "due"),
    [
        ([], {0}),
        ([ended(0, 5, BAD)], {1}),
        ([ended(0, 5, BAD), ended(1, 9, BAD)], {1}),
        ([ended(0, 5, BAD), ended(1, 9, GOOD), ended(2, 13, BAD)], {2}),
        ([ended(0, 5, BAD), ended(1, 9, UNCLEAR), ended(2, 13, BAD)], {1}),
        # Begun before a good one that is weighed first.
        ([ended(0, 9, BAD), ended(1, 5, GOOD)], {0}),
        ([ended(0, 5.5, BAD), ended(1, 5, GOOD)], {0, 1}),
        ([ended(1, 5.5, BAD), ended(0, 5, GOOD)], {1}),
        # The same, by somebody who stood still between its comparison's begin and its weighing.
        ([ended(0, 2, BAD, until=9), ended(1, 5, GOOD)], {0, 1}),
        # Begun before a bad one that is weighed first, and is told.
        ([ended(0, 9, BAD), ended(1, 5, BAD)], {1}),
    ],
)
def test_how_many_crossings_there_are(batches: list[Weighed], due: set[int]) -> None:
    assert crossings([FIRST, *batches]) == due


@pytest.mark.parametrize(("at", "until"), [(-2, -1), (-0.5, 5), (3, 5), (4, 5)])
def test_whoever_stands_still_may_weigh_late(at: float, until: float, as_acme: Tenant) -> None:
    batch = Story().batch(fallen=0)
    Run.objects.filter(pk=batch.run_id).update(name="good")
    ended_at = NOW + timedelta(seconds=at)
    Batch.objects.filter(pk=batch.pk).update(finished_at=ended_at)
    (found,) = weighed(stills=[Outage(NOW, NOW + timedelta(seconds=4))])
    assert (found.at, found.until) == (ended_at, NOW + timedelta(seconds=until))


@pytest.mark.parametrize(("overtaken", "due"), [(True, 0), (False, 1)])
def test_the_product_tells_what_is_due(overtaken: bool, due: int, as_acme: Tenant) -> None:
    """As in the seeds 8 and 130: a good batch, begun later, may end before the bad one."""
    make_subscription()
    story = Story()
    first, bad, good = (story.batch(fallen=n) for n in (0, 12, 0))
    Run.objects.filter(pk=first.run_id).update(name="good")
    Run.objects.filter(pk=bad.run_id).update(name="worse")
    Batch.objects.filter(pk=good.pk).update(run=first.run)
    Batch.objects.exclude(pk=first.pk).update(state="running")
    told: list[Alert] = []
    for minute, batch in enumerate((good, bad) if overtaken else (bad, good)):
        told += closed(batch, at=timezone.now() + timedelta(minutes=minute))
    assert [alert.kind for alert in told].count("regression") == due
    assert crossings(weighed()) == {due}


def closed(batch: Batch, *, at: datetime) -> list[Alert]:
    Batch.objects.filter(pk=batch.pk).update(state="finished", finished_at=at)
    ended = Batch.objects.get(pk=batch.pk)
    comparison = compare(ended)
    Comparison.objects.filter(batch=batch, is_own=True).update(created_at=at)
    return batch_closed(ended, comparison)
