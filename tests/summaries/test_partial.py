"""A running batch's figures so far."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.stats.intervals import bounded_mean, wilson
from evalsite.summaries.partial import Partial, partial
from tests.factories import make_batch, make_revision, make_scorecard

pytestmark = pytest.mark.usefixtures("as_acme")


def scored(batch: Batch, *statuses: str) -> None:
    """One case, scored so many times."""
    revision = make_revision()
    for repetition, status in enumerate(statuses):
        make_scorecard(batch=batch, revision=revision, repetition=repetition, status=status)


def test_nothing_yet_is_no_rate() -> None:
    assert partial(make_batch().pk) == Partial(0, 0, 0, 0, 0, 0, 0, None, None, None)


def test_a_rate_is_of_those_with_a_verdict() -> None:
    batch = make_batch()
    for status in ("passed", "passed", "failed", "unscored", "errored", "open"):
        scored(batch, status)
    scored(make_batch(), "failed")
    with CaptureQueriesContext(connection) as asked:
        found = partial(batch.pk)
    assert found == Partial(2, 1, 1, 1, 1, 6, 3, 2 / 3, *wilson(2, 3))
    assert len(asked) == 1


def test_repetitions_are_averaged_inside_a_case() -> None:
    batch = make_batch(repetitions=2)
    for statuses in (("passed", "passed"), ("passed", "failed"), ("unscored", "failed")):
        scored(batch, *statuses)
    found = partial(batch.pk, repetitions=2)
    assert (found.passed, found.failed, found.n) == (3, 2, 3)
    assert found.rate == pytest.approx(0.5)
    assert (found.low, found.high) == pytest.approx(bounded_mean(0.5, sd=0.5, n=3))


def test_recent_is_the_last_minute() -> None:
    batch = make_batch()
    make_scorecard(batch=batch, scored_at=timezone.now() - timedelta(minutes=2))
    scored(batch, "passed")
    assert partial(batch.pk).recent == 1
