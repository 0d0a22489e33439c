"""Carry out what calls ask for: one sender waits, the other awaits. All else is shared.

The key travels in the header alone. What httpx2 raises is turned to a value here, outside of its
frames, since those hold the header and could be shown with their variables.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import replace
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from evalsite_client.errors import KeyMissing, UrlMissing
from evalsite_client.retry import Retries, Tries
from evalsite_client.steps import Answer, Body, Flow, Lost, Request

T = TypeVar("T")
ROOT: Final = "/api/v1/"
_AGENT: Final = "evalsite-client/0.1.0"
_LINES: Final = {"Accept": "application/x-ndjson, application/json"}
# The server cannot have seen the request.
_NEVER_BEGUN: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
)


class SecretHeader(httpx2.Auth):
    """Puts a secret into a header as a request leaves; raises KeyMissing for none or an odd one.

    An odd one would be refused by what encodes headers, which shows it in its errors.
    """

    def __init__(self, secret: SecretStr, *, name: str, scheme: str = "") -> None:
        text = secret.get_secret_value()
        if not text:
            raise KeyMissing("no API key is given")
        if not (text.isascii() and text.isprintable()) or " " in text:
            raise KeyMissing("the API key has characters that no key has")
        self._secret = secret
        self._name = name
        self._scheme = scheme

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, Any, None]:
        """Add the header to a request."""
        request.headers[self._name] = self._scheme + self._secret.get_secret_value()
        yield request


def options(url: str, *, api_key: str | SecretStr | None, timeout: float) -> dict[str, Any]:
    """Answer what both kinds of httpx2 client are made with; raises KeyMissing and UrlMissing."""
    address = url or os.environ.get("EVALSITE_URL", "")
    if urlsplit(address).scheme not in ("http", "https"):
        raise UrlMissing("no server is named")
    key = api_key or os.environ.get("EVALSITE_API_KEY", "")
    secret = key if isinstance(key, SecretStr) else SecretStr(key.strip())
    auth = SecretHeader(secret, name="Authorization", scheme="Bearer ")
    return transport(address.rstrip("/") + ROOT, auth=auth, timeout=timeout)


def transport(base_url: str, *, auth: SecretHeader, timeout: float = 60.0) -> dict[str, Any]:
    """Answer what an httpx2 client is made with; `timeout` is the longest silence, in seconds."""
    return {
        "auth": auth,
        "base_url": base_url,
        "headers": {"Accept": "application/json", "User-Agent": _AGENT},
        "timeout": httpx2.Timeout(timeout, connect=min(timeout, 10.0)),
    }


class SyncSender:
    """Carries out calls and waits for them."""

    def __init__(self, http: httpx2.Client, *, retries: Retries) -> None:
        self.http = http
        self.retries = retries

    def carry_out(self, flow: Flow[T]) -> T:
        """Do what a call asks for, one step after another, and answer what it answers."""
        reply: Answer | Lost | None = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as done:
                return cast(T, done.value)
            if isinstance(step, Request):
                reply = self._exchange(step)
            else:
                time.sleep(step.seconds)
                reply = None

    def lines(self, asked: Request) -> Iterator[str]:
        """Yield the lines of an answer as they come; raises Problem and Unreachable.

        Opening it is tried again; a stream that breaks off is not, or lines would come twice.
        """
        tries = Tries(self.retries, replace(asked, headers=_LINES))
        while True:
            try:
                with self.http.stream(**_as_sent(tries.request)) as response:
                    if response.is_success:
                        tries.end()
                        yield from filter(None, response.iter_lines())
                        return
                    response.read()
                    reply: Answer | Lost = _answer(response)
            except httpx2.TransportError as error:
                reply = _lost(error)
            time.sleep(tries.wait(reply))

    def _exchange(self, asked: Request) -> Answer | Lost:
        content = asked.body.blocks() if asked.body else None
        request = self.http.build_request(**_as_sent(asked), content=content)
        try:
            return _answer(self.http.send(request))
        except httpx2.TransportError as error:
            return _lost(error)


class AsyncSender:
    """Carries out calls and awaits them."""

    def __init__(self, http: httpx2.AsyncClient, *, retries: Retries) -> None:
        self.http = http
        self.retries = retries

    async def carry_out(self, flow: Flow[T]) -> T:
        """Do what a call asks for, one step after another, and answer what it answers."""
        reply: Answer | Lost | None = None
        while True:
            try:
                step = flow.send(reply)
            except StopIteration as done:
                return cast(T, done.value)
            if isinstance(step, Request):
                reply = await self._exchange(step)
            else:
                await asyncio.sleep(step.seconds)
                reply = None

    async def lines(self, asked: Request) -> AsyncIterator[str]:
        """Yield the lines of an answer as they come; raises Problem and Unreachable.

        Opening it is tried again; a stream that breaks off is not, or lines would come twice.
        """
        tries = Tries(self.retries, replace(asked, headers=_LINES))
        while True:
            try:
                async with self.http.stream(**_as_sent(tries.request)) as response:
                    if response.is_success:
                        tries.end()
                        async for line in response.aiter_lines():
                            if line:
                                yield line
                        return
                    await response.aread()
                    reply: Answer | Lost = _answer(response)
            except httpx2.TransportError as error:
                reply = _lost(error)
            await asyncio.sleep(tries.wait(reply))

    async def _exchange(self, asked: Request) -> Answer | Lost:
        content = _blocks(asked.body) if asked.body else None
        request = self.http.build_request(**_as_sent(asked), content=content)
        try:
            return _answer(await self.http.send(request))
        except httpx2.TransportError as error:
            return _lost(error)


async def _blocks(body: Body) -> AsyncIterator[bytes]:
    for block in body.blocks():
        yield block


def _as_sent(asked: Request) -> dict[str, Any]:
    headers = dict(asked.headers)
    if asked.body:
        headers |= {
            "Content-Type": asked.body.content_type,
            "Content-Length": str(asked.body.length),
        }
    return {
        "method": asked.method,
        "url": asked.path,
        "params": dict(asked.params) or None,
        "headers": headers,
    }


def _answer(response: httpx2.Response) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, response.content)


def _lost(error: httpx2.TransportError) -> Lost:
    return Lost(type(error).__name__, begun=not isinstance(error, _NEVER_BEGUN))
