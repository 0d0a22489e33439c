"""A live target through real commands and workers, one of which is killed in mid-chunk."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest

from evalsite.targets.models import Output
from tests.fake_model import Call, FakeModel, Fault, fake_model
from tests.journeys.workshop import Workshop, assert_sound, fill, finished, pool_children, until

N = 80
# Its answer takes until somebody was killed, so that a call is under way then.
HELD = 12
SECRET = "sk-canary-1c8e55aa07"
_SUM = re.compile(r"What is (\d+) \+")


def add(call: Call) -> Fault:
    """Answer a sum."""
    number = number_in(call)
    return Fault(say=str(2 * number), wait_s=5.0 if number == HELD else 0.0)


def number_in(call: Call) -> int:
    found = _SUM.search(call.prompt)
    return int(found[1]) if found else -1


@pytest.fixture
def model(workshop: Workshop) -> Iterator[FakeModel]:
    """A chat model that adds, set up as a person would, and workers that may ask it."""
    workshop.environment |= {"OUTBOUND_ALLOW": '["127.0.0.1:*"]', "MODEL_KEY": SECRET}
    fill(workshop, n=N, wrong={})
    with fake_model(add, latency_s=0.08) as running:
        given = ("--url", running.base_url, "--model", "m", "--parallel", "5", "--default")
        workshop.manage("setendpoint", "main", *given, "--secret-from", "env:MODEL_KEY")
        (workshop.tmp / "live.json").write_text(json.dumps({"kind": "chat"}))
        workshop.manage("openrun", "--run", "live", "--live", str(workshop.tmp / "live.json"))
        del workshop.environment["MODEL_KEY"]
        workshop.worker("control,dispatch,cpu,model")
        workshop.coordinator()
        yield running


def test_a_killed_worker_asks_no_case_twice_that_was_written(
    workshop: Workshop, model: FakeModel
) -> None:
    batch = workshop.launch(run="live")
    until(lambda: Output.objects.count() >= 10, what="a flush")
    assert HELD in map(number_in, model.calls)
    for child in pool_children(workshop.processes[0]):
        child.kill()
    keys = Output.objects.values_list("case__key", flat=True)
    written = {int(key.removeprefix("sum-")) for key in keys}
    assert 10 <= len(written) < N
    until(lambda: finished(batch), what="the end of the batch")
    assert_sound(batch)
    times = Counter(number_in(call) for call in model.calls)
    again = {number for number, n_times in times.items() if n_times > 1}
    assert HELD in again
    assert again.isdisjoint(written)
    assert len(times) == N
    _assert_scoring_again_asks_nothing(workshop, model)
    _assert_nobody_tells_the_secret(workshop, model)


def _assert_scoring_again_asks_nothing(workshop: Workshop, model: FakeModel) -> None:
    before = len(model.calls)
    batch = workshop.launch(run="live")
    until(lambda: finished(batch), what="the end of the second batch")
    assert_sound(batch)
    assert len(model.calls) == before


def _assert_nobody_tells_the_secret(workshop: Workshop, model: FakeModel) -> None:
    assert model.calls[0].headers["Authorization"] == f"Bearer {SECRET}"
    for process in workshop.processes:
        for one in [psutil.Process(process.pid), *pool_children(process)]:
            assert SECRET not in str((one.cmdline(), one.environ()))
    logs = [file.read_text(errors="replace") for file in workshop.tmp.glob("process-*.log")]
    assert any("score_chunk" in log for log in logs)
    assert not [log for log in logs if SECRET in log]
