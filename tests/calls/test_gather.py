"""What many ask for at once is one job."""

from __future__ import annotations

import asyncio
import gc

import pytest

from evalsite.calls.gather import Gather


class Jobs:
    """Doubles numbers, a job at a time, and keeps what each was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def __call__(self, numbers: list[int]) -> list[int]:
        self.asked.append(numbers)
        await asyncio.sleep(0.001)
        if 13 in numbers:
            raise ValueError("13")
        return [2 * number for number in numbers]


def test_each_gets_its_own_answer_from_few_jobs() -> None:
    jobs = Jobs()

    async def main() -> list[int]:
        gather = Gather(jobs)
        return await asyncio.gather(*(gather.ask(n) for n in range(10)))

    assert asyncio.run(main()) == [2 * n for n in range(10)]
    assert [len(asked) for asked in jobs.asked] == [1, 9]


def test_a_failed_job_fails_for_all_who_asked_and_nobody_else() -> None:
    async def main() -> list[int | BaseException]:
        gather = Gather(Jobs())
        first = asyncio.ensure_future(gather.ask(1))
        await asyncio.sleep(0)
        failed = await asyncio.gather(gather.ask(13), gather.ask(2), return_exceptions=True)
        return [await first, *failed, await gather.ask(3)]

    first, one, two, after = asyncio.run(main())
    assert (first, after) == (2, 6)
    assert isinstance(one, ValueError)
    assert isinstance(two, ValueError)


def test_who_has_gone_is_not_answered() -> None:
    async def main() -> int:
        gather = Gather(Jobs())
        gone = asyncio.ensure_future(gather.ask(1))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await gather.ask(2)

    assert asyncio.run(main()) == 4


def test_a_failed_job_that_nobody_waits_for_is_quiet() -> None:
    complaints: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        asked = asyncio.ensure_future(Gather(Jobs()).ask(13))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.sleep(0.01)

    asyncio.run(main())
    gc.collect()
    assert complaints == []
