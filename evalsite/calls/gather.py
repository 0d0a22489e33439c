"""Make one job of what many ask for at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
_Answers = list[asyncio.Future[Answer]]


class Gather(Generic[Asked, Answer]):
    """While one job is under way, what is asked waits for the next, which answers all of it."""

    def __init__(self, act: Callable[[list[Asked]], Coroutine[Any, Any, list[Answer]]]) -> None:
        self._act = act
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._job: asyncio.Future[list[Answer]] | None = None

    async def ask(self, what: Asked) -> Answer:
        """Answer what the job gives for this one; raises what the job raises."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((what, answer))
        if self._job is None:
            self._start()
        return await answer

    def _start(self) -> None:
        taken, self._waiting = self._waiting, []
        self._job = job = asyncio.ensure_future(self._act([what for what, _ in taken]))
        job.add_done_callback(partial(self._end, [answer for _, answer in taken]))

    def _end(self, answers: _Answers[Answer], job: asyncio.Future[list[Answer]]) -> None:
        self._job = None
        # Taken also where nobody waits any more: asyncio complains of what nobody took.
        error = None if job.cancelled() else job.exception()
        for n, answer in enumerate(answers):
            if answer.done():  # whoever asked has gone
                continue
            if job.cancelled():
                answer.cancel()
            elif error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(job.result()[n])
        if self._waiting:
            self._start()
