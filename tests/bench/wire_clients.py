"""Which HTTP library shall carry the questions? 500 calls of 200 ms, 50 at once, ideal 2.0 s.

`python tests/bench/wire_clients.py` measures those that are installed; pinned are pycurl and
aiohttp. The fake endpoint runs in a process of its own. Printed are wall seconds as a multiple of
the ideal, milliseconds of CPU per call in this process, and what the import takes.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

Ask = Callable[[], Awaitable[Any]]
QUESTION = [{"role": "user", "content": "Is the answer right? " * 40}]
BODY = {"model": "m", "messages": QUESTION, "temperature": 0}


@contextmanager
def endpoint(latency_s: float) -> Iterator[str]:
    """Run the fake endpoint in another process and give its base URL."""
    command = [sys.executable, "-m", "tests.fake_model", "--latency", str(latency_s)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as fake:
        assert fake.stdout is not None
        yield fake.stdout.readline().strip()
        fake.communicate()


@asynccontextmanager
async def with_wire(url: str) -> Any:
    """Give a way to ask through judges.wire, which is on pycurl."""
    from judges.models import ChatRequest
    from judges.post import Poster
    from judges.wire import OpenAIWire

    request = ChatRequest(model="m", messages=QUESTION, parameters={"temperature": 0})
    async with aclosing(Poster()) as poster:
        wire = OpenAIWire(url, key="a-key-of-nobody", poster=poster, timeout_s=30)
        yield lambda: wire.chat(request)


@asynccontextmanager
async def with_aiohttp(url: str) -> Any:
    """Give a way to ask through aiohttp."""
    import aiohttp

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def post() -> Any:
            async with session.post(f"{url}/chat/completions", json=BODY) as response:
                return await response.json()

        yield post


def with_httpx(library: str) -> Callable[[str], Any]:
    """Give a way to ask through httpx, or a library with its interface."""

    @asynccontextmanager
    async def ask(url: str) -> Any:
        client = import_module(library).AsyncClient(timeout=30)
        async with client:

            async def post() -> Any:
                return (await client.post(f"{url}/chat/completions", json=BODY)).json()

            yield post

    return ask


@asynccontextmanager
async def with_sdk(url: str) -> Any:
    """Give a way to ask through the SDK of OpenAI."""
    client = import_module("openai").AsyncOpenAI(base_url=url, api_key="x", max_retries=0)
    async with client:
        yield lambda: client.chat.completions.create(**BODY)


CLIENTS: dict[str, tuple[str, Any]] = {
    "judges.wire (pycurl)": ("pycurl", with_wire),
    "aiohttp": ("aiohttp", with_aiohttp),
    "httpx2": ("httpx2", with_httpx("httpx2")),
    "httpx": ("httpx", with_httpx("httpx")),
    "openai": ("openai", with_sdk),
}


async def measure(opened: Any, *, n: int, at_once: int) -> tuple[float, float]:
    """Give wall and CPU seconds of n calls, after a few that open the connections."""
    async with opened as ask:
        await asyncio.gather(*(ask() for _ in range(at_once)))
        wall, cpu = time.perf_counter(), time.process_time()
        left = iter(range(n))

        async def worker() -> None:
            for _ in left:
                await ask()

        await asyncio.gather(*(worker() for _ in range(at_once)))
        return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    """Measure each client that is installed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    given = parser.parse_args()
    ideal = given.calls * given.latency / given.at_once
    with endpoint(given.latency) as url:
        for name, (library, client) in CLIENTS.items():
            begun = time.perf_counter()
            try:
                import_module(library)
            except ImportError:
                print(f"{name:24} not installed")
                continue
            took = time.perf_counter() - begun
            wall, cpu = asyncio.run(measure(client(url), n=given.calls, at_once=given.at_once))
            figures = f"{wall / ideal:5.2f} x ideal {cpu / given.calls * 1000:6.2f} ms CPU a call"
            print(f"{name:24} {figures} {took:5.2f} s import")


if __name__ == "__main__":
    main()
