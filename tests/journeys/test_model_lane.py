"""Model judges through real workers: killed in mid-chunk, and stopped by a broken endpoint."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from evalsite.batches.models import Batch
from evalsite.cases.queries import Selection, find_suite
from evalsite.endpoints.models import Endpoint
from evalsite.pipeline import launch
from evalsite.scoring.models import Scorecard
from evalsite.targets.queries import find_run
from tests.bench.slow_model import verdict
from tests.fake_model import FAILED, FakeModel, fake_model
from tests.journeys.workshop import (
    Workshop,
    assert_sound,
    broker,
    fill,
    finished,
    pool_children,
    until,
)

N = 200
JUDGE = {"judges": [{"name": "rubric"}]}
_SUM = re.compile(r"What is (\d+) \+")


@pytest.fixture
def model(workshop: Workshop) -> Iterator[FakeModel]:
    """A judge model, sums to judge, and workers for the model lane."""
    workshop.environment["OUTBOUND_ALLOW"] = json.dumps(["127.0.0.1:*"])
    fill(workshop, n=N, wrong={"run": 0})
    with fake_model(verdict, latency_s=0.2) as running:
        Endpoint.objects.create(
            name="judges", base_url=running.base_url, is_default=True, parallel=10
        )
        workshop.worker("control,dispatch,model")
        workshop.coordinator()
        yield running


def launched() -> Batch:
    return launch.start(
        suite=find_suite("sums"),
        run=find_run("run"),
        pack="exact",
        options=JUDGE,
        selection=Selection(),
        try_judges=False,
    )


def asked(model: FakeModel) -> Counter[int]:
    """Count how often each sum was asked about."""
    found = (_SUM.search(call.prompt) for call in model.calls)
    return Counter(int(sum_[1]) for sum_ in found if sum_)


def test_a_killed_worker_asks_again_only_what_was_not_flushed(
    workshop: Workshop, model: FakeModel
) -> None:
    batch = launched()
    until(lambda: Scorecard.objects.filter(batch=batch).count() >= 25, what="a flush")
    for child in pool_children(workshop.processes[0]):
        child.kill()
    keys = Scorecard.objects.filter(batch=batch).values_list("revision__case__key", flat=True)
    flushed = {int(key.removeprefix("sum-")) for key in keys}
    assert 25 <= len(flushed) < N
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)
    again = {number for number, times in asked(model).items() if times > 1}
    assert again
    assert again.isdisjoint(flushed)
    assert len(asked(model)) == N


def test_a_broken_endpoint_pauses_and_the_printed_command_goes_on(
    workshop: Workshop, model: FakeModel
) -> None:
    model.say = lambda call: FAILED if len(model.calls) > 60 else verdict(call)
    named = ("--tenant", "acme", "--suite", "sums", "--run", "run", "--no-preflight")
    options = ("--option", f"judges={json.dumps(JUDGE['judges'])}")
    stopped = workshop.manage("runbatch", *named, *options, check=False)
    assert stopped.returncode == 4
    assert "[endpoint_broken]" in stopped.stderr
    batch = Batch.objects.get()
    assert batch.state == "paused"
    kept = Scorecard.objects.filter(batch=batch, status="passed").count()
    assert kept >= 25
    model.say, before = verdict, len(model.calls)
    valkey = broker(workshop)
    valkey.delete(*valkey.keys("evalsite:broken:*"))  # as it does by itself, some time later
    command = re.findall(r"python manage.py (runbatch --resume .*)", stopped.stderr)[0]
    workshop.manage(*command.split())
    assert_sound(batch)
    assert len(model.calls) - before == N - kept
