"""Starting a worker of its own for a job, as this user or as one without rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalsite.env import ROOT
from judges.sandbox.launch import interpreter
from judges.sandbox.unprivileged import is_root, prefix

_WORKER = "tests.sandbox.worker"


def job(name: str, *, env: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Run a job of tests/sandbox/worker.py and give what it found."""
    with started(name, env=env, **options) as process:
        said, complaint = process.communicate(timeout=100)
    assert process.returncode == 0, complaint
    return json.loads(said)


@contextmanager
def started(
    name: str, *, env: Mapping[str, str] | None = None, as_user: bool = False, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """Start a job; `as_user` gives up root first. It is killed in the end if it still runs."""
    words = [*(_without_rights() if as_user else []), sys.executable, "-m", _WORKER, name]
    # What the environment adds is also an argument, for the programs that look there.
    process = subprocess.Popen(
        [*words, *(env or {}).values()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **(env or {})},
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(options))
        process.stdin.flush()
        if name == "sleep":
            process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait()


def marked(mark: str) -> list[int]:
    """List the processes that call themselves so."""
    found = []
    for place in Path("/proc").glob("[0-9]*/comm"):
        try:
            if place.read_text().strip() == mark:
                found.append(int(place.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _without_rights() -> list[str]:
    places = (*interpreter().readable, ROOT)
    return prefix(places) if is_root() else []
