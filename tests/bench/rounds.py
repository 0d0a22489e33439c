"""What is measured in one round, and what must be true of its rows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection, connections

from evalsite.batches.models import Batch, Chunk
from evalsite.cases.queries import Selection, find_suite
from evalsite.pipeline import launch
from evalsite.scoring.queries import of_batch
from evalsite.summaries.queries import headline
from evalsite.targets.queries import find_run
from tests.bench import bare_chord
from tests.bench.memory import cpu_seconds, watched
from tests.bench.questions import JUDGES, passes

POLL_SECONDS = 0.01
Figures = dict[str, float]
_IS_OVER = "SELECT state = 'finished' FROM batches_batch WHERE id = %s"
# The last measure of time inside a chunk is taken just before it is committed.
_FIRST_CLAIM = """
    SELECT extract(epoch FROM min(c.finished_at - make_interval(secs => c.elapsed_ms / 1000)))
        ::float8
    FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id WHERE s.batch_id = %s
"""


def import_files(files: tuple[Path, Path], *, name: str) -> Figures:
    """Bring the cases and the outputs in, as a suite and a run of that name."""
    cases, outputs = map(str, files)
    quiet = {"suite": name, "stderr": StringIO()}
    return {
        "cases_s": _timed(lambda: call_command("importcases", cases, pack="exact", **quiet)),
        "outputs_s": _timed(lambda: call_command("importoutputs", outputs, run=name, **quiet)),
    }


def know_tables() -> None:
    """Do what autovacuum does within a minute of an import: let the planner know the tables."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")


def score(worker: int, *, name: str, batch: int, n: int, cut_first: bool = False) -> Figures:
    """Score one batch by the running worker, then as many cases by the bare chord, twice.

    Its batches are numbered `batch` and the next; `cut_first`, that in chunks as large as ours
    is the first.
    """
    before = cpu_seconds(worker)
    with watched(worker) as peak:
        started = time.perf_counter()
        launched = _launch(name)
        planned = time.perf_counter() - started
        while not _is_over(launched):
            time.sleep(POLL_SECONDS)
        seen = time.time()
    spent = cpu_seconds(worker) - before
    _require_sound(launched, n=n)
    scored = seen - first_claim(launched)
    bare, bare_cut = _run_bare(_chunk_size(launched), n=n, batch=batch, cut_first=cut_first)
    return {
        "plan_s": planned,
        "scored_s": scored,
        "worker_cpu_us": spent / n * 1e6,
        "bare_s": bare,
        "ratio": scored / bare,
        "bare_cut_s": bare_cut,
        "ratio_cut": scored / bare_cut,
        "worker_mib": peak.child,
    }


def _run_bare(cut: int, *, n: int, batch: int, cut_first: bool) -> tuple[float, float]:
    """Run the bare chord in parts of its own size and of ours; answers the seconds of each."""
    first, second = (cut, bare_chord.CHUNK) if cut_first else (bare_chord.CHUNK, cut)
    one = bare_chord.run(batch, n=n, size=first)
    other = bare_chord.run(batch + 1, n=n, size=second)
    return (other, one) if cut_first else (one, other)


def run_command(root: Path, *, name: str, n: int) -> Figures:
    """Run `manage.py runbatch`, which brings its own worker, from command to exit."""
    judges = f"judges={json.dumps(JUDGES)}"
    named = ("--tenant", "bench", "--suite", name, "--run", name, "--option", judges)
    started = time.perf_counter()
    command = subprocess.Popen(
        [sys.executable, "manage.py", "runbatch", *named, "--json"],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with watched(command.pid) as peak:
        said, _ = command.communicate()
    wall = time.perf_counter() - started
    assert command.returncode == 0, said
    _require_sound(Batch.objects.get(pk=json.loads(said.splitlines()[0])["id"]), n=n)
    mib = {"runbatch_mib": peak.parent, "crew_mib": peak.child, "tree_mib": peak.tree}
    return {"runbatch_s": wall, **mib}


def _launch(name: str) -> Batch:
    return launch.start(
        suite=find_suite(name),
        run=find_run(name),
        pack="exact",
        options={"judges": list(JUDGES)},
        selection=Selection(),
        actor="bench",
    )


def _require_sound(batch: Batch, *, n: int) -> None:
    """One scorecard a case, and a summary with the counts that the questions were made with."""
    assert of_batch(batch.pk).count() == n
    whole, expected = headline(batch.pk), passes(n)
    assert whole is not None
    assert (whole.n, whole.passed, whole.failed) == (n, expected["all"], n - expected["all"])
    assert {name: whole.stages[name]["passed"] for name in JUDGES} == {
        name: expected[name] for name in JUDGES
    }


def first_claim(batch: Batch) -> float:
    """Answer when the first chunk of a batch was claimed, in seconds of the epoch."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_CLAIM, [batch.pk])
        return float(cursor.fetchone()[0])


def _is_over(batch: Batch) -> bool:
    # By the driver alone, as the bare chord is asked: Django's cursor takes 4 % of a core for it.
    driver = connection.connection
    assert driver is not None
    row = driver.execute(_IS_OVER, [batch.pk]).fetchone()
    return bool(row and row[0])


def _chunk_size(batch: Batch) -> int:
    largest = Chunk.objects.filter(step__batch=batch).order_by("-n_cases").first()
    assert largest is not None
    return largest.n_cases


def _timed(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
