"""What work goes back to: the request that asked for it, and the trace that it is a part of.

Work that is done later, by whoever comes first, would lose both. So they are kept beside it as
plain JSON (`request_id`, `traceparent`), and taken up again when it is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

from structlog.contextvars import bound_contextvars, get_contextvars

_REQUEST, _TRACE = "request_id", "traceparent"


def origin() -> dict[str, str]:
    """Answer what the running code goes back to; empty where that is nothing known."""
    request_id = get_contextvars().get(_REQUEST)
    return {**({_REQUEST: str(request_id)} if request_id else {}), **traceparent()}


@contextmanager
def going_back_to(known: Mapping[str, str]) -> Iterator[None]:
    """Do what is done inside the block on behalf of an origin; an empty one changes nothing."""
    bound = {_REQUEST: known[_REQUEST]} if _REQUEST in known else {}
    with bound_contextvars(**bound), _in_trace(known):
        yield


def traceparent() -> dict[str, str]:
    """Answer the current span as the header that carries it on; empty without one."""
    carrier: dict[str, str] = {}
    if _has_traces():
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        TraceContextTextMapPropagator().inject(carrier)
    return {_TRACE: carrier[_TRACE]} if _TRACE in carrier else {}


@contextmanager
def _in_trace(known: Mapping[str, str]) -> Iterator[None]:
    if _TRACE not in known or not _has_traces():
        yield
        return
    from opentelemetry import context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    token = context.attach(TraceContextTextMapPropagator().extract(dict(known)))
    try:
        yield
    finally:
        context.detach(token)


@cache
def is_installed(name: str) -> bool:
    """Answer whether a module can be imported; no error where its package is not there either."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _has_traces() -> bool:
    return is_installed("opentelemetry.sdk")
