"""Bring whoever scores the batch of a command: a fork for a tiny one, else a crew.

A fork that dies, or takes long, is followed by the crew, so that a batch is never worse off for
having been tiny.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final, TypeVar

from django.conf import settings
from django.db import transaction

from evalsite.batches.models import Batch
from evalsite.batches.queries import find_batch
from evalsite.cases.queries import active_revisions, find_suite
from evalsite.embedded.fork import CAN_FORK, Fork, forked
from evalsite.env import load
from evalsite.pipeline import launch, outbox
from evalsite.pipeline.begin import selection_of
from evalsite.pipeline.evaluate import MOST_WAITED_FOR
from evalsite.pipeline.score_apart import is_fit, let_go, score_apart
from evalsite.tenants import bootstrap

T = TypeVar("T")

# A tiny batch that takes longer gets a crew beside it.
PATIENCE_S: Final = 10.0
# So long its end may take: boards are ranked, mail goes out.
_LAST_S: Final = 10.0


class Hands:
    """Who works at one batch."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._fork: Fork | None = None
        self._check: Callable[[], None] | None = None
        self._until = 0.0

    def call_fork(self) -> None:
        """Have a fork get ready, while the batch is planned."""
        let_go()
        at_work = forked(score_apart, record=settings.LAYOUT.log("worker"))
        self._fork = self._stack.enter_context(at_work)

    def call_crew(self) -> None:
        """Have a worker and a coordinator come."""
        from evalsite.pipeline.crew import crew  # and Celery, which a tiny batch has no use for

        self._check = self._stack.enter_context(crew())

    def begin(self, make: Callable[[], tuple[Batch, T]]) -> tuple[Batch, T]:
        """Begin a batch, and give it to whom it is for."""
        if self._fork is None:
            return make()
        with transaction.atomic():
            batch, more = make()
            is_mine = is_fit(batch)
            if is_mine:  # nobody else need hear of it; without the fork the sweep sends it
                outbox.settle(launch.dispatch_key(batch))
        if is_mine:
            self._until = time.monotonic() + PATIENCE_S
            self._fork.order(str(batch.pk))
        else:
            self.call_crew()
        return batch, more

    def check(self) -> None:
        """See that somebody is at work; raises WorkerEnded where nobody is left."""
        if self._check is not None:
            self._check()
        elif self._fork is not None and (self._fork.ended() or time.monotonic() > self._until):
            self.call_crew()

    def finish(self) -> None:
        """Let what the finished batch calls for be done: ranking, and mail."""
        if self._check is not None:
            from evalsite.pipeline.sweep import sweep

            sweep()
        elif self._fork is not None:
            self._fork.wait(seconds=_LAST_S)


@contextmanager
def hands(options: Mapping[str, Any]) -> Iterator[Hands]:
    """Give who works at the batch that the options of `run_arguments` ask for.

    All are gone at the end of the block. Where work of others waits for a crew, it comes.
    Raises what finding the suite or the batch raises.
    """
    with ExitStack() as stack:
        brought = Hands(stack)
        if CAN_FORK and load().broker_url is None and _is_few(options) and not _others_wait():
            brought.call_fork()
        else:
            brought.call_crew()
        yield brought


def _others_wait() -> bool:
    return bool(bootstrap.ask("tenants_with_work"))


def _is_few(options: Mapping[str, Any]) -> bool:
    """Say whether there can be but few scorings: a look that is cheap for any suite."""
    if again := options["resume"] or options["retry_errored"]:
        batch = find_batch(again)
        return batch.n_cases * batch.repetitions <= MOST_WAITED_FOR
    if not options["suite"]:
        return False
    most: int = MOST_WAITED_FOR // options["repetitions"]
    chosen = active_revisions(find_suite(options["suite"]), selection=selection_of(options))
    return chosen.values("pk")[: most + 1].count() <= most
