"""Logs: one line an event, with the ids of what it is about, and never content.

Django's, Celery's, gunicorn's and our own events go through one formatter. It shows what a
programmer wrote and ids; what an exception says, or a stranger sent, may quote a secret or a case.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final

import orjson

from evalsite.env import ROOT, Env
from evalsite.lean import structlog
from evalsite.tenants import scope

Event = MutableMapping[str, Any]
Processor = Callable[[Any, str, Event], Any]

# What Celery says of a task's failure besides its name: quotes of arguments, results, exceptions.
_QUOTES: Final = frozenset({"exc", "traceback", "return_value", "args", "kwargs"})
# Loggers whose messages quote what was sent; of these only the beginning is told.
_BEGINNINGS: Final = ("Invalid request", "Error handling request")
_INNERMOST: Final = 12


class PlainFormatter(structlog.stdlib.ProcessorFormatter):
    """Takes the quotes out of what other libraries log."""

    def format(self, record: logging.LogRecord) -> str:
        """Answer the line of an event."""
        if not isinstance(record.msg, dict):
            record = _without_quotes(record)
        return super().format(record)


def configure(env: Env) -> dict[str, Any]:
    """Set structlog up for this process, and answer Django's LOGGING."""
    as_json = env.log_format == "json" or (not env.log_format and not sys.stderr.isatty())
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        step(add_tenant),
        step(told_by_kind(with_text=env.log_exception_text)),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last = [step(_as_json)] if as_json else [step(_exception_in_lines), _in_colours()]
    return _logging(env.log_level, before=before, last=[step(_without_meta), *last])


def step(change: Callable[[Event], Any]) -> Processor:
    """Answer a change of an event as structlog calls it, with the logger and the method's name."""
    return lambda _, __, event: change(event)


def add_tenant(event: Event) -> Event:
    """Add the tenant in scope."""
    tenant_id = scope.current()
    if tenant_id is not None:
        event["tenant_id"] = str(tenant_id)
    return event


def told_by_kind(*, with_text: bool) -> Callable[[Event], Event]:
    """Answer the step that tells exceptions by kind and place; `with_text` also what they say."""

    def tell(event: Event) -> Event:
        raised = _raised(event.pop("exc_info", None))
        for name, value in event.items():
            if isinstance(value, BaseException):
                event[name] = kind_of(value)
        # django-structlog's quote of a task's exception.
        event.pop("error", None)
        if raised is not None:
            event["exception"] = _told(raised, with_text=with_text)
        return event

    return tell


def kind_of(error: BaseException) -> str:
    """Name an exception without a word of what it says."""
    code = getattr(error, "code", "")
    return f"{type(error).__name__}[{code}]" if isinstance(code, str) and code else _name(error)


def _name(error: BaseException) -> str:
    return type(error).__name__


def _raised(exc_info: Any) -> BaseException | None:
    if exc_info is True:
        return sys.exc_info()[1]
    raised = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    return raised if isinstance(raised, BaseException) else None


def _told(error: BaseException, *, with_text: bool) -> dict[str, Any]:
    """Answer kind, places from the outermost call inwards, and cause."""
    told: dict[str, Any] = {"kind": kind_of(error)}
    if with_text:
        told["text"] = str(error)
    frames = traceback.extract_tb(error.__traceback__)[-_INNERMOST:]
    told["places"] = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["cause"] = kind_of(cause)
    return told


def _short(filename: str) -> str:
    path = Path(filename)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return str(path.relative_to(ROOT))
    return "/".join(path.parts[-3:])


def _without_quotes(record: logging.LogRecord) -> logging.LogRecord:
    plain = logging.makeLogRecord(record.__dict__)
    if isinstance(plain.args, Mapping):
        plain.args = {name: "-" if name in _QUOTES else v for name, v in plain.args.items()}
    elif plain.args:
        plain.args = tuple(
            kind_of(arg) if isinstance(arg, BaseException) else arg for arg in plain.args
        )
    if record.name.startswith("django.security"):
        plain.msg, plain.args = f"refused: {record.name.rpartition('.')[2]}", ()
    elif record.name == "asyncio":
        plain.msg, plain.args = record.getMessage().partition("\n")[0], ()
    for beginning in _BEGINNINGS:
        if str(record.msg).startswith(beginning):
            plain.msg, plain.args = beginning, ()
    return plain


def _without_meta(event: Event) -> Event:
    del event["_record"], event["_from_structlog"]
    return event


def _as_json(event: Event) -> str:
    first = {name: event.pop(name, None) for name in ("at", "level", "logger", "event")}
    return orjson.dumps({**first, **event}, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _in_colours() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="at")


def _exception_in_lines(event: Event) -> Event:
    if told := event.get("exception"):
        cause = [f"because of {told['cause']}"] if "cause" in told else []
        lines = [": ".join(filter(None, (told["kind"], told.get("text")))), *told["places"], *cause]
        event["exception"] = "\n  ".join(lines)
    return event


def _logging(level: str, *, before: list[Processor], last: list[Any]) -> dict[str, Any]:
    """Ours from the level on; of libraries warnings; what Django says of a request, we say."""
    others = level if logging.getLevelName(level) > logging.WARNING else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"()": PlainFormatter, "foreign_pre_chain": before, "processors": last}
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["stderr"], "level": others},
        "loggers": {
            "evalsite": {"handlers": ["stderr"], "level": level, "propagate": False},
            "django_structlog": {"handlers": ["stderr"], "level": level, "propagate": False},
            "django": {"handlers": ["stderr"], "level": others, "propagate": False},
            # Of Celery's pool; without a handler its tracebacks would go out bare.
            "multiprocessing": {"handlers": ["stderr"], "level": others, "propagate": False},
            "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
            "django.request": {"level": "CRITICAL"},
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
        },
    }
