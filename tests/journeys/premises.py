"""The whole of evalsite in operation: `serve`, a mail server, a webhook, a model and a browser."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import httpx2
import psutil
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from evalsite.origin import is_installed
from tests.alerts.receivers import Hook, Inbox, webhook
from tests.fake_model import Call, FakeModel, Fault, fake_model
from tests.journeys.planted import Evidence
from tests.journeys.workshop import Workshop, broker, until

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Premises:
    """Everything that runs, and what was seen of it so far."""

    shop: Workshop
    hook: Hook
    model: FakeModel
    inbox: Inbox
    logins: list[str]
    site: str
    flower: str
    evidence: Evidence = field(default_factory=Evidence)
    spans: Any = None

    def browser(self, **headers: str) -> httpx2.Client:
        """A client whose answers are all evidence, whatever they say."""

        def keep(response: httpx2.Response) -> None:
            response.read()
            kind = "500 pages" if response.status_code >= 500 else "answers"
            shown = {**response.headers}
            shown.pop("location", None)  # the way to sign in, and back to the address asked for
            self.evidence.add(kind, [response.text, str(shown)])

        hooks = {"response": [keep]}
        return httpx2.Client(
            base_url=self.site, headers=headers, event_hooks=hooks, trust_env=False, timeout=30
        )


def told(browser: httpx2.Client, address: str, **fields: str) -> httpx2.Response:
    """Fill in the form of a page and send it."""
    page = browser.get(address).text
    found = _TOKEN.search(page)
    assert found is not None, page
    return browser.post(
        address,
        data={"csrfmiddlewaretoken": found[1], **fields},
        headers={"Referer": str(browser.base_url)},
    )


def free_port() -> int:
    """Answer a port that is free now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def mail_server(logins: list[str], *, port: int) -> Iterator[Inbox]:
    """Run a mail server that wants a password, and keeps those that it gets."""

    def check(*given: Any) -> AuthResult:
        login = given[4]
        assert isinstance(login, LoginPassword)
        logins.append(login.password.decode())
        return AuthResult(success=True)

    inbox = Inbox()
    options: dict[str, Any] = {"authenticator": check, "auth_require_tls": False}
    server = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield inbox
    finally:
        server.stop()


def parrot(call: Call) -> Fault:
    """A service and a judge that repeat the key they were shown, wherever they can."""
    key = call.headers["Authorization"]
    odd = json.dumps(key).replace("p", "\\u0070").replace("/", "\\/")
    if call.path.endswith("/ask"):
        refused = "refuse" in str(call.body)
        padding = "x" * (285 if refused else 0)  # what is cut short is cut inside the key
        body = f'{{"a": "{padding}{key}", "answer": {odd}, "b": {odd}}}'
        return Fault(status=401 if refused else 200, body=body)
    found = re.search(r"verdict_id: the characters (\w+)", call.prompt)
    shape = call.body["response_format"]["json_schema"]["schema"]["properties"]
    verdict = {"verdict_id": found and found[1], "reasoning": f"I was shown {key} {odd}."}
    return Fault(say=json.dumps({**verdict, "choice": shape["choice"]["enum"][0]}))


@contextmanager
def watched(shop: Workshop, evidence: Evidence) -> Iterator[None]:
    """Note what goes to the broker, and the command line of each process that is there."""
    over = threading.Event()
    threads = [
        threading.Thread(target=look_on, args=(evidence,), kwargs={"over": over}, daemon=True)
        for look_on in (_note_processes, partial(_listen_to_broker, shop))
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _note_processes(evidence: Evidence, *, over: threading.Event) -> None:
    while not over.wait(0.2):
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it has ended since
                evidence.add("processes", [" ".join(child.cmdline())])


def _listen_to_broker(shop: Workshop, evidence: Evidence, *, over: threading.Event) -> None:
    heard = bytearray()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(broker(shop).connection_pool.connection_kwargs["path"])
        line.sendall(b"MONITOR\r\n")
        line.settimeout(0.2)
        while not over.is_set():
            with suppress(TimeoutError):  # nothing was said for a while
                heard += line.recv(1 << 20)
    evidence.add("broker", [heard.decode(errors="replace")])


@contextmanager
def opened(shop: Workshop, *, mail_port: int) -> Iterator[Premises]:
    """Run everything until the block ends."""
    ports = free_port(), free_port()
    logins: list[str] = []
    with (
        webhook() as hook,
        fake_model(parrot) as model,
        mail_server(logins, port=mail_port) as inbox,
    ):
        site, flower = (f"http://127.0.0.1:{port}" for port in ports)
        premises = Premises(shop, hook, model, inbox, logins, site, flower)
        with _collected(premises), watched(shop, premises.evidence):
            options = ("--port", str(ports[0]), "--flower-port", str(ports[1]))
            shop.start("manage.py", "serve", *options)
            for address in (f"{site}/healthz", f"{flower}/healthcheck"):
                until(partial(is_up, address), what=address)
            yield premises


@contextmanager
def _collected(premises: Premises) -> Iterator[None]:
    """Collect spans where the extra is installed."""
    if not is_installed("opentelemetry.instrumentation.django"):
        yield
        return
    from tests.journeys.test_one_trace import Collector

    collector = premises.spans = Collector()
    thread = threading.Thread(target=collector.serve_forever, daemon=True)
    thread.start()
    premises.shop.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    try:
        yield
    finally:
        premises.evidence.add("traces", [collector.text])
        collector.shutdown()
        collector.server_close()


def is_up(address: str) -> bool:
    """Say whether something answers there, with no error of its own."""
    direct = build_opener(ProxyHandler({}))
    try:
        with direct.open(address, timeout=5):
            return True
    except HTTPError as told:
        return told.code < 500
    except OSError:
        return False
