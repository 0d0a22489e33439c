"""What the processes logged during a seed, and which of it is an error without a code.

A process logs JSON, one line an event (docs/logging.md). What counts as a violation:

- a bare traceback: a line `Traceback (most recent call last):`, or one that begins an exception
  outside a JSON event. An event with an `exception` is no bare traceback: it tells kind and place.
- an event of level error or critical from `evalsite` that names no code: neither `code=`, nor an
  exception `Kind[code]`, nor `[code]` in its text.
- an event of level error or critical of a library that EXPECTED does not list.

EXPECTED holds what Celery, kombu and gunicorn say about the very faults that were struck: a lost
child, a lost broker. They have no codes, and it is right that they say it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

_GRAVE: Final = {"error", "critical"}
_CODE: Final = re.compile(r"\[[a-z]+(?:_[a-z]+)*\]")
_TRACEBACK: Final = "Traceback (most recent call last)"
# Logger, and how its event begins.
EXPECTED: Final = (
    ("celery.worker.consumer", "consumer: "),
    ("multiprocessing", "Process "),
    ("celery.pool", "Process "),
)


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
        """Answer the lines that should not be there."""
        found = self.by_file().items()
        return [
            f"{name}: {line[:400]}" for name, lines in found for line in lines if _is_wrong(line)
        ]

    def _lines(self, path: Path) -> list[str]:
        with path.open("rb") as log:
            log.seek(self._begun.get(path, 0))
            return log.read().decode(errors="replace").splitlines()

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("process-*.log"))


def _is_wrong(line: str) -> bool:
    try:
        event = json.loads(line)
    except ValueError:
        return line.startswith(_TRACEBACK)
    return isinstance(event, dict) and event.get("level") in _GRAVE and not _is_told(event)


def _is_told(event: dict[str, Any]) -> bool:
    logger, text = str(event.get("logger")), str(event.get("event"))
    if any(logger == name and text.startswith(start) for name, start in EXPECTED):
        return True
    exception = event.get("exception") or {}
    kind = exception.get("kind", "") if isinstance(exception, dict) else ""
    return "code" in event or bool(_CODE.search(f"{text} {kind}"))
