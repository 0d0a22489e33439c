"""A completed run is evaluated by real processes, without anybody asking."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

from evalsite.batches.models import Batch
from evalsite.pipeline.lead import look
from evalsite.pipeline.models import EvaluationRequest
from tests.journeys.workshop import Workshop, assert_sound, broker, fill, finished, until


def test_an_import_is_evaluated_even_when_its_ring_is_lost(workshop: Workshop) -> None:
    fill(workshop, n=30, wrong={"first": 0})
    given = {"target": "sums", "suite": "sums", "stderr": StringIO()}
    call_command("setevaluation", **given)
    again = str(workshop.tmp / "first.jsonl")
    new = {"suite": "sums", "run": "second", "target": "sums", "stderr": StringIO()}
    call_command("importoutputs", again, **new)
    broker(workshop).flushdb()  # the ring is gone; the request is not
    assert EvaluationRequest.objects.get().state == "due"
    workshop.worker()
    workshop.coordinator()
    until(Batch.objects.exists, what="the batch")
    batch = Batch.objects.get()
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)
    assert batch.run.name == "second"
    assert look().epoch == 1
    assert look().is_present
