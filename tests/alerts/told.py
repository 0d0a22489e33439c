"""A suite that is evaluated again and again, with somebody to tell, as the pipeline leaves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from evalsite.alerts.models import Alert
from evalsite.alerts.notice import batch_closed
from evalsite.batches.models import Batch
from evalsite.cases.models import Suite, TestCase
from evalsite.regressions.compare import compare
from evalsite.regressions.models import Comparison
from evalsite.targets.models import Output, Target
from tests.factories import make_run, make_suite, make_target
from tests.summaries.filled import Card, make_filled

REASONS = (
    "search was called with city='Paris', expected city='Lyon'",
    "book_table was not called",
    "argument date is '2026-02-30', which is no date",
)
N = 40


class Story:
    """Batches of 40 cases of one target, each a minute after the one before."""

    def __init__(self, *, suite: Suite | None = None, reason: str = "", **case: Any) -> None:
        self.suite = suite or make_suite(name="assistant")
        self.target: Target = make_target()
        self.reason = reason
        self.case = case
        self.begun = timezone.now() - timedelta(hours=1)
        self.versions = 0

    def batch(self, *, fallen: int) -> Batch:
        """A finished batch in which the first cases fell."""
        self.versions += 1
        self.begun += timedelta(minutes=1)
        run = make_run(
            target=self.target, client_type="web", client_version=f"1.{self.versions - 1}"
        )
        batch = make_filled(self.suite, [self._card(i, fallen=fallen) for i in range(N)], run=run)
        Batch.objects.filter(pk=batch.pk).update(created_at=self.begun)
        return Batch.objects.get(pk=batch.pk)

    def compared(self, *, fallen: int) -> Comparison | None:
        """The same, compared with its baseline."""
        return compare(self.batch(fallen=fallen))

    def close(self, *, fallen: int) -> list[Alert]:
        """The same, with whoever wants to know told."""
        batch = self.batch(fallen=fallen)
        return batch_closed(batch, compare(batch))

    def answer(self, batch: Batch, answer: Any, **fields: Any) -> None:
        """Let the batch's run have answered every case so."""
        cases = TestCase.objects.filter(suite=self.suite)
        Output.objects.bulk_create(
            Output(run=batch.run, case=case, answer=answer, **fields) for case in cases
        )

    def _card(self, number: int, *, fallen: int) -> Card:
        key, case = f"case-{number:02}", self.case if number < N / 2 else {}
        if number >= fallen:
            return Card(key, case=case)
        why = {"logic": {"reason": self.reason or REASONS[number % len(REASONS)]}}
        return Card(key, "failed", number / 20, fields={"details": why}, case=case)


def make_fall(suite: Suite | None = None, **story: Any) -> Comparison:
    """Compare 40 cases that passed with the same cases after 12 of them fell."""
    told = Story(suite=suite, **story)
    told.batch(fallen=0)
    found = told.compared(fallen=12)
    assert found is not None
    return found
