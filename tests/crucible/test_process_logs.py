from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.crucible.logs import Logs

LOST = {"kind": "OperationalError", "cause": "AdminShutdown"}
LOCKED = {"kind": "OperationalError", "cause": "DeadlockDetected"}


def wrong(tmp_path: Path, *lines: str) -> list[str]:
    (tmp_path / "process-0.log").write_text("".join(f"{line}\n" for line in lines))
    return Logs(tmp_path).wrong()


def event(logger: str = "evalsite.pipeline", text: str = "no", **more: Any) -> str:
    return json.dumps({"level": "error", "logger": logger, "event": text, **more})


@pytest.mark.parametrize(
    "line",
    [
        event(text="chunk is written off: [manifest_changed] it changed"),
        event(code="manifest_changed"),
        event(exception={"kind": "LeaseLost[lease_lost]"}),
        event("celery.worker.consumer.consumer", "consumer: Cannot connect to redis"),
        event("celery.app.trace", exception=LOST),
        event("django_structlog.celery.receivers", exception="OperationalError"),
        event("django_structlog.celery.receivers", exception={"kind": "WorkerShutdown"}),
        event("celery.concurrency.asynpool", "Timed out waiting for UP message from a child"),
        event("evalsite.request", "request", status=503),
        json.dumps({"level": "warning", "event": "no code"}),
        "a banner",
    ],
)
def test_what_is_told_is_right(line: str, tmp_path: Path) -> None:
    assert wrong(tmp_path, line) == []


@pytest.mark.parametrize(
    "line",
    [
        event(),
        event("celery.app.trace", exception=LOCKED),
        event("celery.app.trace", exception={"kind": "KeyError"}),
        event("celery.worker.request", "Task handler raised", exception={"kind": "KeyError"}),
        event("celery.bootsteps", "Error on stopping Hub", exception={"kind": "WorkerShutdown"}),
        event("gunicorn.error", "Error handling request", exception=LOST),
        event("evalsite.request", "request", status=500),
        "Traceback (most recent call last):",
    ],
)
def test_what_nobody_foresaw_is_wrong(line: str, tmp_path: Path) -> None:
    assert len(wrong(tmp_path, line)) == 1


def test_the_same_is_told_once_with_its_number(tmp_path: Path) -> None:
    task = "Task 01a200ee-c739-70bf-886c-8010e518aa9e failed"
    assert wrong(tmp_path, event(text=task), event(text=task.replace("c739", "c740"))) == [
        "2 x process-0.log: evalsite.pipeline Task .. failed"
    ]


def test_only_what_was_logged_since_counts(tmp_path: Path) -> None:
    logs = Logs(tmp_path)
    (tmp_path / "process-0.log").write_text(event() + "\n")
    logs.begin()
    assert logs.wrong() == []
