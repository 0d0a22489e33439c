"""No URL form and no resolver leads to what only this machine can reach."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.apps import apps

from evalsite.endpoints.guard import (
    EndpointBlocked,
    Redirected,
    UrlRefused,
    check_url,
    open_session,
)
from evalsite.env import SettingsInvalid
from evalsite.errors import EvalsiteError
from tests.endpoints.doors import Door, endpoint_at
from tests.endpoints.rebinding import resolving
from tests.endpoints.url_forms import FORMS

PRIVATE = [
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
    *("198.18.0.1", "240.0.0.1", "255.255.255.255", "[fd00::1]", "[ff02::1]", "[fec0::1]"),
    *("[2001:0:7f00:1::]", "192.88.99.1"),
]


class Listener:
    """A server on loopback that counts connections and answers as it is told."""

    def __init__(self) -> None:
        self.came = 0
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        self.heard = b""

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> Listener:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        self.heard += await reader.read(4096)
        writer.write(self.answer)
        await writer.drain()
        writer.close()


def with_listener(ask: Callable[[Listener], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with Listener() as listener:
            return await ask(listener)

    return asyncio.run(run())


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_loopback_is_reached(call: Door, form: str, knobs: Callable[..., None]) -> None:
    async def ask(listener: Listener) -> int:
        # The port is open for another machine, so that only the address can be the hindrance.
        knobs(outbound_allow=json.dumps([f"10.9.9.9:{listener.port}"]))
        with pytest.raises((EvalsiteError, OSError)):
            await call(form.format(port=listener.port))
        return listener.came

    assert with_listener(ask) == 0


@pytest.mark.parametrize("entry", ["127.0.0.1:{}", "127.0.0.0/8:{}", "127.0.0.1:*"])
def test_what_the_operator_allows_is_reached(
    call: Door, entry: str, knobs: Callable[..., None]
) -> None:
    async def ask(listener: Listener) -> str:
        knobs(outbound_allow=json.dumps([entry.format(listener.port)]))
        return await call(f"http://127.0.0.1:{listener.port}")

    assert with_listener(ask) == "ok"


def test_an_allowed_name_is_reached(call: Door, knobs: Callable[..., None]) -> None:
    async def ask(listener: Listener) -> str:
        knobs(outbound_allow=json.dumps([f"localhost:{listener.port}"]))
        return await call(f"http://localhost:{listener.port}")

    assert with_listener(ask) == "ok"


@pytest.mark.parametrize("host", PRIVATE)
def test_what_is_not_public_is_blocked(host: str) -> None:
    with pytest.raises(EndpointBlocked):
        check_url(f"http://{host}/v1")


@pytest.mark.parametrize("url", ["http://8.8.8.8:22", "https://[2606:4700::1]:8443"])
def test_other_ports_are_blocked(url: str) -> None:
    with pytest.raises(EndpointBlocked):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8", "https://[2606:4700::1]/v1", "https://a.example"]
)
def test_public_addresses_are_not(url: str) -> None:
    assert str(check_url(url)).startswith(url)


@pytest.mark.parametrize("url", ["https://u:p@a.example", "https://a.example?k=s", "https://a b"])
def test_a_refused_url_is_not_repeated(url: str) -> None:
    with pytest.raises(UrlRefused) as caught:
        check_url(url)
    assert "a.example" not in str(caught.value).replace(UrlRefused.hint, "")


def test_one_private_address_among_public_ones_blocks_the_name(
    call: Door,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with resolving(monkeypatch, ["93.184.216.34", "127.0.0.1"]):
        with pytest.raises(EndpointBlocked):
            asyncio.run(call("http://rebind.example.org"))


def test_a_name_that_turns_private_is_blocked_when_it_does(
    call: Door, monkeypatch: pytest.MonkeyPatch, knobs: Callable[..., None]
) -> None:
    async def ask(listener: Listener) -> int:
        knobs(outbound_allow=json.dumps([f"rebind.example.org:{listener.port}"]))
        url = f"http://rebind.example.org:{listener.port}"
        with resolving(monkeypatch, ["127.0.0.1"], ["169.254.169.254"]) as asked:
            assert await call(url) == "ok"  # the name is allowed: the positive control
            with pytest.raises(EndpointBlocked):
                await call(url)
        assert len(asked) == 2
        return listener.came

    assert with_listener(ask) == 1


def test_what_was_resolved_is_what_is_called(
    call: Door, monkeypatch: pytest.MonkeyPatch, knobs: Callable[..., None]
) -> None:
    async def ask(listener: Listener) -> bytes:
        knobs(outbound_allow=json.dumps([f"twice.example.org:{listener.port}"]))
        with resolving(monkeypatch, ["127.0.0.1"], ["169.254.169.254"]) as asked:
            await call(f"http://twice.example.org:{listener.port}")
        assert len(asked) == 1
        return listener.heard

    assert b"Host: twice.example.org" in with_listener(ask)


def test_no_redirect_is_followed(call: Door, knobs: Callable[..., None]) -> None:
    async def ask(listener: Listener) -> int:
        knobs(outbound_allow=json.dumps([f"127.0.0.1:{listener.port}"]))
        listener.answer = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"
        with pytest.raises(Redirected):
            await call(f"http://127.0.0.1:{listener.port}")
        return listener.came

    assert with_listener(ask) == 1


def test_a_session_reaches_no_other_origin(knobs: Callable[..., None]) -> None:
    async def ask(listener: Listener) -> int:
        knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
        async with open_session(endpoint_at("http://127.0.0.1:1")) as session:
            with pytest.raises(EndpointBlocked):
                await session.get(f"http://127.0.0.1:{listener.port}/")
        return listener.came

    assert with_listener(ask) == 0


def test_proxies_of_the_environment_are_ignored(
    call: Door, monkeypatch: pytest.MonkeyPatch, knobs: Callable[..., None]
) -> None:
    async def ask(listener: Listener) -> str:
        knobs(outbound_allow=json.dumps([f"127.0.0.1:{listener.port}"]))
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        return await call(f"http://127.0.0.1:{listener.port}")

    assert with_listener(ask) == "ok"


@pytest.mark.parametrize("entry", ["", "a b", "host:0", "host:99999", "http://host", "[::1", "h:x"])
def test_a_bad_entry_stops_the_settings(entry: str, knobs: Callable[..., None]) -> None:
    knobs(outbound_allow=json.dumps([entry]))
    with pytest.raises(SettingsInvalid, match="OUTBOUND_ALLOW"):
        apps.get_app_config("endpoints").ready()
