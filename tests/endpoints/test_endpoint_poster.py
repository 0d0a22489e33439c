"""What is true of posting to an endpoint beside what is true of any session: see test_guard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing

import pytest

from evalsite.endpoints.guard import EndpointBlocked
from evalsite.endpoints.post import EndpointPoster
from judges.post import Answer, Unreached
from tests.endpoints.doors import endpoint_at
from tests.endpoints.rebinding import resolving
from tests.endpoints.test_guard import Listener, with_listener


async def post(poster: EndpointPoster, url: str) -> Answer:
    return await poster.post(f"{url}/v1", b"{}", headers={}, timeout_s=5, most=1_000)


@pytest.mark.parametrize("other", ["http://127.0.0.1:{}", "http://127.0.0.1:1{}", "http://x:{}"])
def test_no_other_origin_is_posted_to(other: str, knobs: Callable[..., None]) -> None:
    async def ask(listener: Listener) -> int:
        knobs(outbound_allow=json.dumps(["127.0.0.1:*"]))
        async with aclosing(EndpointPoster(endpoint_at("http://127.0.0.1:1"))) as poster:
            with pytest.raises(EndpointBlocked):
                await post(poster, other.format(listener.port))
        return listener.came

    assert with_listener(ask) == 0


def test_what_libcurl_looks_up_itself_is_checked_too(knobs: Callable[..., None]) -> None:
    async def ask(listener: Listener) -> int:
        knobs(outbound_allow=json.dumps([f"localhost:{listener.port}"]))
        url = f"http://localhost:{listener.port}"
        async with aclosing(EndpointPoster(endpoint_at(url))) as poster:
            poster._fresh_until = float("inf")
            knobs(outbound_allow="[]")
            with pytest.raises(EndpointBlocked):
                await post(poster, url)
        return listener.came

    assert with_listener(ask) == 0


def test_a_name_is_asked_again_after_a_while(
    monkeypatch: pytest.MonkeyPatch, knobs: Callable[..., None]
) -> None:
    async def ask(listener: Listener) -> int:
        knobs(outbound_allow=json.dumps([f"rebind.example.org:{listener.port}"]))
        url = f"http://rebind.example.org:{listener.port}"
        with resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.1", "169.254.169.254"]) as asked:
            async with aclosing(EndpointPoster(endpoint_at(url))) as poster:
                await asyncio.gather(*(post(poster, url) for _ in range(3)))
                assert len(asked) == 1
                poster._fresh_until = 0.0
                with pytest.raises(EndpointBlocked):
                    await post(poster, url)
        return listener.came

    assert with_listener(ask) == 3


def test_a_name_whose_server_has_moved_is_asked_again_at_once(
    monkeypatch: pytest.MonkeyPatch, knobs: Callable[..., None]
) -> None:
    async def ask(listener: Listener) -> bytes:
        knobs(outbound_allow=json.dumps([f"moves.example.org:{listener.port}"]))
        url = f"http://moves.example.org:{listener.port}"
        with resolving(monkeypatch, ["127.0.0.9"], ["127.0.0.1"]):
            async with aclosing(EndpointPoster(endpoint_at(url))) as poster:
                with pytest.raises(Unreached):
                    await post(poster, url)
                return (await post(poster, url)).body

    assert with_listener(ask) == b"ok"


def test_a_name_without_an_address_is_unreached(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        async with aclosing(EndpointPoster(endpoint_at("https://x.invalid"))) as poster:
            await post(poster, "https://x.invalid")

    with pytest.raises(Unreached, match="x.invalid has no address"):
        asyncio.run(ask())


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("HTTPS://API.example.com/v1", "https://api.example.com/v1"),
        ("https://api.example.com:443/v1", "https://api.example.com/v1"),
        ("https://api.example.com/ü", "https://api.example.com/%C3%BC"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example/v1"),
    ],
)
def test_an_address_is_sent_as_libcurl_takes_it(typed: str, sent: str) -> None:
    async def told() -> tuple[str, bool]:
        async with aclosing(EndpointPoster(endpoint_at(typed))) as poster:
            return poster.base_url, poster.base_url.startswith(f"{poster._home}/")

    assert asyncio.run(told()) == (sent, True)


def test_many_wait_for_one_lookup_and_for_no_longer_than_they_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lookups: list[object] = []

    async def asleep(*given: object, **how: object) -> list[object]:
        lookups.append(given)
        await asyncio.sleep(60)
        return []

    async def ask() -> list[BaseException | Answer]:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", asleep)
        url = "http://slow.example.org"
        async with aclosing(EndpointPoster(endpoint_at(url))) as poster:
            posts = (
                poster.post(f"{url}/v1", b"{}", headers={}, timeout_s=0.1, most=9) for _ in "abc"
            )
            return await asyncio.gather(*posts, return_exceptions=True)

    assert [type(error) for error in asyncio.run(ask())] == [Unreached] * 3
    assert len(lookups) == 1
