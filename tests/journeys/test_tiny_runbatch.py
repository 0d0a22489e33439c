"""A tiny `runbatch` brings no worker, and loses nothing by it, whatever its judges do."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from evalsite.batches.models import Batch, Chunk, Step
from evalsite.env import ROOT
from evalsite.leaderboard.models import Board
from evalsite.pipeline.evaluate import MOST_WAITED_FOR
from evalsite.pipeline.models import OutboxMessage, WorkerNode
from tests.journeys.workshop import Workshop, assert_sound, fill, until
from tests.services import Services

JUDGE = """
import os, signal, time
from pathlib import Path
from judges.protocol import Score

SEEN = Path(os.environ["EVALSITE_DATA_DIR"]).parent / "seen"

def deadly(expected, answer):
    first = not SEEN.exists()
    with SEEN.open("a") as seen:
        print(os.getpid(), file=seen, flush=True)
    if first:
        os.kill(os.getpid(), signal.SIGKILL)
    return Score.of(1.0)

def slow(expected, answer):
    print("noise on stdout")
    SEEN.write_text(str(os.getpid()))
    time.sleep(60)
    return Score.of(1.0)
"""
ENTRIES = "[evalsite.judges]\ndeadly = fate:deadly\nslow = fate:slow\n"
COMMAND = ("manage.py", "runbatch", "--tenant", "acme", "--suite", "sums", "--run", "good")


@pytest.fixture
def embedded(workshop: Workshop, services: Services) -> Workshop:
    """A workshop without URLs, ten sums, and a plug-in with judges of ill fate."""
    fill(workshop, n=10, wrong={"good": 3})
    site = workshop.tmp / "site"
    about = site / "fate-1.0.dist-info"
    about.mkdir(parents=True)
    (site / "fate.py").write_text(JUDGE)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: fate\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    path = os.pathsep.join((str(site), str(ROOT)))
    workshop.environment = {**services.embedded_environment(), "PYTHONPATH": path}
    return workshop


def seen(workshop: Workshop) -> Path:
    data = Path(workshop.environment["EVALSITE_DATA_DIR"])
    return data.parent / "seen"


@pytest.fixture(autouse=True)
def _nothing_seen(embedded: Workshop) -> None:
    seen(embedded).unlink(missing_ok=True)


def test_no_worker_comes_and_all_is_done(embedded: Workshop) -> None:
    embedded.manage(*COMMAND[1:])
    batch = Batch.objects.get()
    assert_sound(batch)
    assert not WorkerNode.objects.exists()
    assert set(Step.objects.values_list("finished_by", flat=True)) == {"wait"}
    assert not Board.objects.get().is_stale
    assert not OutboxMessage.objects.exists()


def test_one_that_is_resumed_brings_none_either(embedded: Workshop) -> None:
    embedded.manage(*COMMAND[1:], "--detach")
    Batch.objects.update(state="cancelled")
    OutboxMessage.objects.all().delete()
    embedded.manage("runbatch", "--tenant", "acme", "--resume", str(Batch.objects.get().pk))
    assert_sound(Batch.objects.get())
    assert not WorkerNode.objects.exists()


def test_where_others_wait_for_a_worker_one_comes(embedded: Workshop) -> None:
    other = embedded.launch(run="good")
    embedded.manage(*COMMAND[1:])
    assert WorkerNode.objects.exists()
    until(lambda: Batch.objects.get(pk=other.pk).state != "running", seconds=1)


def test_a_larger_one_brings_a_worker(embedded: Workshop) -> None:
    times = str(MOST_WAITED_FOR // 10 + 1)
    embedded.manage(*COMMAND[1:], "--repetitions", times, check=False)
    assert Batch.objects.get().state == "finished"
    assert WorkerNode.objects.exists()


def test_a_judge_that_kills_its_process_is_outlived(embedded: Workshop) -> None:
    embedded.manage(*COMMAND[1:], "--option", 'judges=["deadly"]')
    assert_sound(Batch.objects.get())
    first, *others = seen(embedded).read_text().split()
    assert first not in others
    assert WorkerNode.objects.exists()
    assert Chunk.objects.get().attempt == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nobody_is_left_of_one_that_is_ended(number: int, embedded: Workshop) -> None:
    command = embedded.start(*COMMAND, "--option", 'judges=["slow"]', "--json")
    until(seen(embedded).exists, what="the judge is at work")
    fork = psutil.Process(int(until(seen(embedded).read_text)))
    assert fork.ppid() == command.pid
    os.kill(command.pid, number)
    command.wait(30)
    until(lambda: not fork.is_running(), seconds=10, what="the fork is gone")
    log = (embedded.tmp / "process-0.log").read_text()
    assert "noise" not in log
    state = "cancelled" if number == signal.SIGINT else "running"
    assert Batch.objects.get().state == state
