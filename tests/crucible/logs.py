"""What the processes logged during a seed, and which of it is an error without a code.

A process logs JSON, one line an event (docs/logging.md). What counts as a violation:

- a bare traceback: a line that begins one outside of an event. An event with an `exception` is no
  bare traceback: it tells kind and place.
- an event of level error or critical that names no code. A code is a `code=`, a `[code]` in its
  text or its exception's kind; of the line that ends a request it is the status, unless that is
  500: then a fault of ours was answered that nobody foresaw.

Three things have no code, and it is right that they are said: what Celery says of a child or a
consumer that was lost (SAID), an exception that an outage raises in whatever was under way
(OUTAGES, by kind or cause), and that a task failed while its worker stops (_STOPS). A deadlock or a
refused statement is none. What gunicorn says of a request that escaped the site is wrong also in an
outage: it has to be answered 503.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, Final

_GRAVE: Final = {"error", "critical"}
_CODE: Final = re.compile(r"\[[a-z]+(?:_[a-z]+)*\]")
_TRACEBACK: Final = "Traceback (most recent call last)"
# Logger, and how its event begins.
SAID: Final = (
    ("celery.worker.consumer.consumer", "consumer: "),
    ("celery.worker.consumer.consumer", "Frequent restarts detected"),
    ("celery.worker.request", "Task handler raised error: 'WorkerLostError'"),
    ("celery.backends.redis", "Connection to Redis lost"),
    # A part was revoked, or lost its database for good: the errback looks at the rows.
    ("celery.backends.redis", "Chord "),
    ("multiprocessing", "Process "),
    ("celery.pool", "Process "),
    # A new child while the broker is away: the main process waits for the broker, and hears the
    # child too late. It had no work yet, and another is started.
    ("celery.concurrency.asynpool", "Timed out waiting for UP message"),
)
# A task that failed while its worker stops is told with the exception under way in the main
# process. What it failed of, Celery says in the next line, and that is judged.
_STOPS: Final = ("django_structlog.celery.receivers", {"WorkerShutdown", "WorkerTerminate"})
# Causes by psycopg's names, then kinds of redis-py, kombu, asyncio and billiard.
OUTAGES: Final = {
    *("AdminShutdown", "CrashShutdown", "CannotConnectNow", "IdleInTransactionSessionTimeout"),
    *("ConnectionTimeout", "ConnectionError", "TimeoutError", "BusyLoadingError"),
    *("OutOfMemoryError", "ConnectionResetError", "BrokenPipeError", "WorkerLostError"),
}
# Of Django, psycopg and kombu; without a cause that says more it is a connection that is gone.
_GONE: Final = {"OperationalError", "InterfaceError"}
_SAYS_NO_MORE: Final = {"", "RemoteTraceback", *_GONE}


class Logs:
    """The logs of all processes of a folder, from where this seed began."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begun: dict[Path, int] = {}

    def begin(self) -> None:
        """Forget what was logged up to now."""
        self._begun = {path: path.stat().st_size for path in self._files()}

    def by_file(self) -> dict[str, list[str]]:
        """Answer the lines that were logged since, by the name of the file."""
        return {path.name: list(self._lines(path)) for path in self._files()}

    def wrong(self) -> list[str]:
        """Answer what should not be there: how often, in which file, and what."""
        lines = ((name, line) for name, lines in self.by_file().items() for line in lines)
        found = Counter((name, wrong) for name, line in lines if (wrong := _wrong(line)))
        return [f"{n} x {name}: {told}" for (name, told), n in found.items()]

    def _lines(self, path: Path) -> list[str]:
        with path.open("rb") as log:
            log.seek(self._begun.get(path, 0))
            return log.read().decode(errors="replace").splitlines()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("process-*.log"))


def _wrong(line: str) -> str:
    """Say what is wrong with a line; nothing where it is as it should be."""
    try:
        event = json.loads(line)
    except ValueError:
        return "a bare traceback" if line.startswith(_TRACEBACK) else ""
    if not isinstance(event, dict) or event.get("level") not in _GRAVE or _is_told(event):
        return ""
    kind, cause = _raised(event)
    # Ids would make each event another.
    text = re.sub(r"[0-9a-f-]{32,36}|0x[0-9a-f]+", "..", str(event.get("event")))[:200]
    return " ".join(filter(None, (str(event.get("logger")), text, kind, cause)))


def _is_told(event: dict[str, Any]) -> bool:
    logger, text = str(event.get("logger")), str(event.get("event"))
    if logger == "evalsite.request":
        return event.get("status") != 500
    if any(logger == name and text.startswith(start) for name, start in SAID):
        return True
    kind, cause = _raised(event)
    if logger == _STOPS[0] and kind in _STOPS[1]:
        return True
    if "code" in event or _CODE.search(f"{text} {kind}"):
        return True
    return logger != "gunicorn.error" and _is_outage(kind, cause)


def _is_outage(kind: str, cause: str) -> bool:
    return bool({kind, cause} & OUTAGES) or (kind in _GONE and cause in _SAYS_NO_MORE)


def _raised(event: dict[str, Any]) -> tuple[str, str]:
    """Answer the kind and the cause of an event's exception, as far as it tells them."""
    told = event.get("exception") or {}
    told = told if isinstance(told, dict) else {"kind": told}
    return str(told.get("kind", "")), str(told.get("cause", ""))
