"""`runbatch` with the embedded crew: killed, interrupted, resumed."""

from __future__ import annotations

import json
import os
import signal

import psutil
import pytest

from evalsite.batches.models import Batch
from tests.journeys.workshop import Workshop, assert_sound, fill, n_scored, until
from tests.services import Services

N = 4_000
COMMAND = ("manage.py", "runbatch", "--tenant", "acme", "--suite", "sums", "--run", "good")


@pytest.fixture
def embedded(workshop: Workshop, services: Services) -> Workshop:
    """A workshop whose commands find no URLs, and so bring their own worker."""
    fill(workshop, n=N, wrong={"good": 40})
    workshop.environment = services.embedded_environment()
    return workshop


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def alone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_killed_runbatch_leaves_nobody_and_is_resumed(embedded: Workshop) -> None:
    command = embedded.start(*COMMAND)
    until(Batch.objects.exists, what="the batch")
    batch = Batch.objects.get()
    until(lambda: n_scored(batch) > 0, what="first scorecards")
    crew = family(command.pid)
    command.kill()
    assert crew
    until(lambda: all(alone(process) for process in crew), seconds=20, what="the crew is gone")
    embedded.manage("runbatch", "--tenant", "acme", "--resume", str(batch.pk))
    assert_sound(batch)


def test_an_interrupted_runbatch_says_how_to_go_on(embedded: Workshop) -> None:
    command = embedded.start(*COMMAND)
    until(Batch.objects.exists, what="the batch")
    batch = Batch.objects.get()
    until(lambda: n_scored(batch) > 0, what="first scorecards")
    os.kill(command.pid, signal.SIGINT)
    assert command.wait(30) == 130
    log = (embedded.tmp / "process-0.log").read_text()
    assert f"runbatch --resume {batch.pk} --tenant acme" in log
    embedded.manage("runbatch", "--tenant", "acme", "--resume", str(batch.pk)[:13])
    assert_sound(batch)


def test_json_lines_on_stdout_and_nothing_else(embedded: Workshop) -> None:
    done = embedded.manage(*COMMAND[1:], "--json", "--limit", "30", "--repetitions", "1")
    launched, ended = map(json.loads, done.stdout.splitlines())
    assert launched == {"event": "launched", "id": ended["id"]}
    assert (ended["state"], ended["n_cases"]) == ("finished", 30)
    whole = next(row for row in ended["summaries"] if row["slice_kind"] == "all")
    assert (whole["n"], whole["failed"]) == (30, 30)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--tag", "nothing"), 5),
        (("--pack", "nl2api"), 2),
        (("--option", 'judges=["nonsense"]'), 2),
        (("--resume", "ffff"), 2),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, embedded: Workshop) -> None:
    done = embedded.manage(*COMMAND[1:], *arguments, "--dry-run", check=False)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_writes_nothing(embedded: Workshop) -> None:
    done = embedded.manage(*COMMAND[1:], "--dry-run", "--json")
    assert json.loads(done.stdout)["n_cases"] == N
    assert not Batch.objects.exists()
