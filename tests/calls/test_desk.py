"""An event loop in one thread, and what it hands over in another."""

from __future__ import annotations

import asyncio
import threading

import pytest

from evalsite.calls.desk import Desk
from evalsite.tenants import scope
from evalsite.tenants.models import Tenant
from judges.models import Halt


def test_jobs_are_done_in_the_serving_thread() -> None:
    desk = Desk()

    async def main() -> tuple[int, int]:
        return threading.get_ident(), await desk.do(threading.get_ident)

    loop, served = desk.run(main)
    assert served == threading.get_ident() != loop


def test_the_loop_and_its_jobs_work_for_the_tenant_in_scope(as_acme: Tenant) -> None:
    desk = Desk()

    async def main() -> tuple[object, int]:
        return scope.current(), await desk.do(Tenant.objects.count)

    assert desk.run(main) == (as_acme.pk, 1)


def test_what_a_job_raises_is_raised_where_it_is_waited_for() -> None:
    desk = Desk()

    async def main() -> str:
        with pytest.raises(ZeroDivisionError):
            await desk.do(lambda: 1 // 0)
        return await desk.do(lambda: "still serving")

    assert desk.run(main) == "still serving"


@pytest.mark.parametrize("error", [ValueError("x"), Halt("x", "y")])
def test_what_the_coroutine_raises_is_raised(error: BaseException) -> None:
    async def main() -> None:
        raise error

    with pytest.raises(type(error)):
        Desk().run(main)


def test_what_closing_the_loop_raises_is_raised() -> None:
    """Not waited for in vain: the thread that serves is told the end."""

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise SystemExit(3) from None

    async def main() -> None:
        left.append(asyncio.create_task(stubborn()))
        await asyncio.sleep(0)

    left: list[asyncio.Task[None]] = []
    with pytest.raises(SystemExit):
        Desk().run(main)


def test_a_time_limit_ends_the_coroutine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, cancelled = Desk(), []

    async def main() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    def limit() -> None:
        raise TimeoutError

    monkeypatch.setattr(desk, "_serve", limit)
    with pytest.raises(TimeoutError):
        desk.run(main)
    assert cancelled == [True]


def test_a_slow_job_does_not_stop_the_loop() -> None:
    desk, ticked = Desk(), threading.Event()

    async def main() -> bool:
        job = asyncio.ensure_future(desk.do(lambda: ticked.wait(10)))
        await asyncio.sleep(0.01)
        ticked.set()
        return await job

    assert desk.run(main)
