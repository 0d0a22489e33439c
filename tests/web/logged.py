"""What a block has logged, as the lines that production writes."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from evalsite import logs
from evalsite.env import load

LOGGERS = ("", "evalsite", "django", "django_structlog", "gunicorn.error", "celery")


class Lines(StringIO):
    """The lines, and what each says."""

    def events(self, **wanted: Any) -> list[dict[str, Any]]:
        """Answer the events that have these values."""
        found = [json.loads(line) for line in self.getvalue().splitlines()]
        return [event for event in found if wanted.items() <= event.items()]


@contextmanager
def logged(**settings: Any) -> Iterator[Lines]:
    """Collect what is logged in the block, down to DEBUG."""
    given = {"log_format": "json", "log_level": "DEBUG", **settings}
    plain = dict(logs.configure(load().model_copy(update=given))["formatters"]["plain"])
    lines = Lines()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(plain.pop("()")(**plain))
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        for name, level in levels.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)
