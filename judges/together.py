"""Waiting for many things at once, but not for too many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

G = TypeVar("G")
T = TypeVar("T")


async def together(
    work: Callable[[G], Awaitable[T]], given: Iterable[G], *, at_once: int
) -> list[T]:
    """Give the result for each thing given, in their order, with so many in the works at a time.

    The first failure ends all of them and is raised. The things given are taken as they are due.
    """
    if at_once == 1:
        return [await work(thing) for thing in given]
    results: dict[int, T] = {}
    queue = enumerate(given)
    workers = [asyncio.ensure_future(_drain(work, queue, into=results)) for _ in range(at_once)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [results[place] for place in sorted(results)]


def run_here(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end, whether or not an event loop runs here already.

    Inside a running loop it has a thread and a loop of its own, and this call blocks until then.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(copy_context().run, asyncio.run, work()).result()


async def _drain(
    work: Callable[[G], Awaitable[T]], queue: Iterator[tuple[int, G]], *, into: dict[int, T]
) -> None:
    for place, thing in queue:
        into[place] = await work(thing)
