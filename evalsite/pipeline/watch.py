"""Watch a batch until it is over: by reading its rows, never its messages."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO
from uuid import UUID

from evalsite.batches.queries import Progress, progress

Show = Callable[[Progress], None]

# At first often: a tiny batch is over within a few looks.
FIRST_POLL_SECONDS, POLL_SECONDS = 0.02, 0.1
LINE_SECONDS = 10.0


def wait(batch_id: UUID, *, show: Show, check: Callable[[], None]) -> Progress:
    """Block until the batch is over, showing each look at it; answers the last one.

    `check` raises when there is nobody left to wait for.
    """
    pause = FIRST_POLL_SECONDS
    while True:
        check()
        seen = progress(batch_id)
        show(seen)
        if seen.is_over:
            return seen
        time.sleep(pause)
        pause = min(1.1 * pause, POLL_SECONDS)


@contextmanager
def display(stream: TextIO | None = None) -> Iterator[Show]:
    """Give what shows progress: a bar with rate and time left, or a line now and then if piped."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _Lines(stream).show
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cases, {task.fields[rate]}/s,"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(file=stream),
        transient=True,
    )
    with bar:
        task = bar.add_task("waiting for a worker", total=None, rate="-")
        started = time.monotonic()

        def show(seen: Progress) -> None:
            rate = seen.done / max(time.monotonic() - started, 0.001)
            bar.update(
                task,
                description=f"step {seen.step + 1} ({seen.lane})",
                completed=seen.done,
                total=seen.total,
                rate=f"{rate:,.0f}",
            )

        yield show


class _Lines:
    """Progress for a log: one line every ten seconds, and one at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started = self._last = time.monotonic()

    def show(self, seen: Progress) -> None:
        """Print a line if it is time for one."""
        now = time.monotonic()
        if seen.is_over or now - self._last >= LINE_SECONDS:
            self._last = now
            rate = seen.done / max(now - self._started, 0.001)
            line = f"{seen.state}: {seen.done} of {seen.total} cases, {rate:,.0f}/s"
            if not (seen.is_held or seen.is_over):
                line += " (is a worker running?)"
            self._stream.write(f"{line}\n")
            self._stream.flush()
