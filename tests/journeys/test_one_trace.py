"""One trace from a request through the outbox and the chords to SQL, and nothing in it to read."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from evalsite.batches.models import Batch
from tests.journeys.workshop import Workshop, fill, finished, until

pytest.importorskip("opentelemetry.instrumentation.django", reason="needs evalsite[otel]")

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CANARY = "canary-3f8a61"


class Collector(ThreadingHTTPServer):
    """Takes spans in as OTLP over HTTP."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Any] = []
        self.text = ""

    def names(self, trace: str) -> set[str]:
        """Answer the names of a trace's spans."""
        return {span.name for span in self.spans if span.trace_id.hex() == trace}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = ExportTraceServiceRequest.FromString(body)
        self.server.text += str(sent)
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                self.server.spans += scope.spans
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def ask(port: int, token: str) -> str:
    """Start a batch over HTTP as a part of a trace; answers its id."""
    urllib.request.urlopen(f"http://127.0.0.1:{port}/signin/?q={CANARY}").close()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/batches",
        data=json.dumps({"suite": "sums", "run": "run"}).encode(),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "User-Agent": CANARY,
            "traceparent": f"00-{TRACE}-{PARENT}-01",
            "X-Request-ID": "r-42",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["id"])


def is_up(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_one_trace_follows_a_batch(workshop: Workshop, collector: Collector, port: int) -> None:
    workshop.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    workshop.environment["LOG_LEVEL"] = "DEBUG"
    fill(workshop, n=40, wrong={"run": 3})
    token = workshop.manage("issuekey", "ci", "--role", "engineer", "--scope", "*:write").stdout
    workshop.start("-m", "gunicorn", "evalsite.wsgi", "--bind", f"127.0.0.1:{port}")
    workshop.worker()
    workshop.coordinator()
    until(lambda: is_up(port), what="the web process")
    batch = Batch.objects.get(pk=ask(port, token.strip()))
    assert batch.origin["request_id"] == "r-42"
    assert batch.origin["traceparent"].split("-")[1] == TRACE
    until(lambda: finished(batch), what="the batch")
    wanted = {"POST api/v1/batches", "run/pipeline.score_chunk", "run/pipeline.finish_step"}
    until(lambda: wanted <= collector.names(TRACE), seconds=20, what="spans")
    assert {"INSERT", "SELECT", "UPDATE"} <= collector.names(TRACE)
    for quoted in (CANARY, token.strip(), "What is", "sum-000"):
        assert quoted not in collector.text
    logs = [path.read_text() for path in workshop.tmp.glob("process-*.log")]
    assert any('"request_id":"r-42"' in log and "score_chunk" in log for log in logs)
