"""Traces by OpenTelemetry, where the extra `otel` is installed and an endpoint is set.

A span that goes out has names, ids, figures and SQL with placeholders. What an exception says, an
address holds or a statement quotes is taken out here, whatever the instrumentations put in.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from evalsite.env import Env
from evalsite.origin import is_installed

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = logging.getLogger(__name__)

_KEPT: Final = frozenset(
    {
        *("http.method", "http.request.method", "http.route"),
        *("http.status_code", "http.response.status_code"),
        *("db.system", "db.system.name", "db.name", "db.namespace"),
        *("celery.action", "celery.state", "celery.task_name"),
        *("messaging.message.id", "messaging.destination", "messaging.destination.name"),
    }
)
_SQL: Final = frozenset({"db.statement", "db.query.text"})
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'")
_LONGEST: Final = 2_000
_FLUSH_MS: Final = 2_000

_provider: TracerProvider | None = None


def start(env: Env, *, service: str) -> None:
    """Trace this process from here on; nothing where no endpoint is set, once is enough."""
    if not env.otel_exporter_otlp_endpoint or _provider is not None:
        return
    if not is_installed("opentelemetry.instrumentation.django"):
        log.warning("traces need the extra: pip install 'evalsite[otel]'")
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    endpoint = env.otel_exporter_otlp_endpoint.rstrip("/")
    send_to(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces"), service=service)


def send_to(exporter: SpanExporter, *, service: str) -> None:
    """Have Django, Celery and psycopg traced, and their spans go to an exporter."""
    global _provider
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    _provider = TracerProvider(resource=Resource.create({"service.name": f"evalsite-{service}"}))
    plain = _plain_exporter(exporter)
    _provider.add_span_processor(BatchSpanProcessor(plain, schedule_delay_millis=1_000))
    kinds: tuple[Any, ...] = (DjangoInstrumentor, CeleryInstrumentor, PsycopgInstrumentor)
    for kind in kinds:
        kind().instrument(tracer_provider=_provider)


def flush() -> None:
    """Send what was not sent yet: a pool's process ends without asking its threads."""
    if _provider is not None:
        _provider.force_flush(_FLUSH_MS)


def without_content(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Answer the attributes that say what was done, and nothing of what it was done with."""
    kept = {name: value for name, value in attributes.items() if name in _KEPT}
    for name in _SQL & attributes.keys():
        kept[name] = _QUOTED.sub("'?'", str(attributes[name]))[:_LONGEST]
    return kept


def _plain_exporter(exporter: SpanExporter) -> SpanExporter:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Plain(SpanExporter):
        """Takes the content out of spans before another exporter has them."""

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([_plain(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = _FLUSH_MS) -> bool:
            return exporter.force_flush(timeout_millis)

    return Plain()


def _plain(span: ReadableSpan) -> ReadableSpan:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Status

    return ReadableSpan(
        name=_plain_name(span),
        context=span.get_span_context(),
        parent=span.parent,
        resource=span.resource,
        attributes=without_content(span.attributes or {}),
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _plain_name(span: ReadableSpan) -> str:
    """Answer the name; of a request that no route takes only the method, as the rest was sent."""
    attributes = span.attributes or {}
    method = attributes.get("http.request.method") or attributes.get("http.method")
    if method and "http.route" not in attributes:
        return str(method)
    return span.name
