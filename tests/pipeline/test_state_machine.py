"""The verbs of a batch against a model of it: in whatever order they come, both must agree.

Chunks are claimed, renewed, scored and handed back by workers that may have lost them long ago;
messages of older epochs arrive; leases run out; the sweeper, the finishers and people come between;
and the clock of the application goes wrong. `HYPOTHESIS_PROFILE=long` plays 500 games of 50 moves.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from evalsite.batches import plan
from evalsite.batches.lease import Claim, claim_chunk, hand_back, renew
from evalsite.batches.models import Batch, Chunk, Step
from evalsite.cases.models import Revision
from evalsite.cases.queries import Selection
from evalsite.errors import EvalsiteError
from evalsite.pipeline import finish, launch, pause, score
from evalsite.pipeline.sweep import sweep
from evalsite.summaries.models import Summary
from evalsite.targets.models import Run
from evalsite.tenants.models import Tenant
from tests.pipeline.batch_model import MAX_ATTEMPTS, BatchModel, Held, Refused
from tests.pipeline.bench import launched, statuses, told

GAMES, MOVES = (500, 50) if os.environ.get("HYPOTHESIS_PROFILE") == "long" else (15, 25)
# A case of each kind: what its two stages find.
ANSWERS = (
    *(("passed", "passed"), ("passed", "failed"), ("failed", "passed")),
    *(("crash", "passed"), ("passed", "unscored"), ("passed", "crash")),
)
LEASE_S = 600.0
# One of those that are there, however many.
any_one = st.integers(0, 999)


def outcome(act: Callable[[], Any]) -> Any:
    """Answer what a verb answers, or the code of what it raises."""
    try:
        # What a verb raises undoes what it did, as in a transaction of its own.
        with transaction.atomic():
            return act()
    except EvalsiteError as error:
        return Refused(error.code)


class Clock:
    """The application's clock, as wrong as it likes; the database has its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.off_s = 0.0
        seconds, now = time.time, timezone.now
        monkeypatch.setattr(time, "time", lambda: seconds() + self.off_s)
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=self.off_s))


class Game(RuleBasedStateMachine):
    """One batch, in a savepoint of its own, and its model."""

    clock: ClassVar[Clock]

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.claims: list[tuple[Claim, Held]] = []
        run = Run.objects.get()
        suite = Revision.objects.select_related("case__suite")[0].case.suite
        self.batch = launch.start(
            suite=suite, run=run, pack="lanes", options={}, selection=Selection()
        ).pk
        self.case_of = dict(Revision.objects.values_list("pk", "case__key"))
        self.chunks: list[list[UUID]] = []
        named = enumerate(ANSWERS)
        self.model = BatchModel({f"case-{number:03}": found for number, found in named})
        self._opened(set(self.model.answers))

    def teardown(self) -> None:
        """Forget the game."""
        transaction.savepoint_rollback(self.savepoint)
        self.clock.off_s = 0.0

    @rule(one=any_one, late=st.integers(0, 1))
    def a_message_arrives(self, one: int, late: int) -> None:
        """Also of a step that is over, and of the epoch before."""
        step = one % len(self.chunks)
        self._claim(step, one % len(self.chunks[step]), epoch=self.model.epoch - late)

    @precondition(lambda self: self.claims)
    @rule(one=any_one)
    def a_worker_is_slow(self, one: int) -> None:
        """Its leases run out, and another takes its chunk; it does not know."""
        self.leases_run_out()
        _, held = self.claims[one % len(self.claims)]
        self._claim(held.step, held.chunk, epoch=self.model.epoch)

    def _claim(self, step: int, chunk: int, *, epoch: int) -> None:
        claim = outcome(
            lambda: claim_chunk(
                self.chunks[step][chunk],
                epoch=epoch,
                owner="worker/boot/task",
                seconds=LEASE_S,
                attempts=MAX_ATTEMPTS,
            )
        )
        held = self.model.claim(step, chunk, epoch=epoch)
        if isinstance(claim, Claim) and isinstance(held, Held):
            assert claim.attempt == held.attempt
            self.claims.append((claim, held))
        else:
            assert claim == held

    @precondition(lambda self: self.claims)
    @rule(one=any_one)
    def a_worker_renews(self, one: int) -> None:
        claim, held = self.claims[one % len(self.claims)]
        assert outcome(lambda: renew(claim, seconds=LEASE_S)) == self.model.renew(held)

    @precondition(lambda self: self.claims)
    @rule(one=any_one)
    def a_worker_scores(self, one: int) -> None:
        claim, held = self.claims.pop(one % len(self.claims))
        scored = score._score_claimed(claim, epoch=self.model.epoch, lease_seconds=LEASE_S)
        assert scored == self.model.score(held)

    @precondition(lambda self: self.claims)
    @rule(one=any_one, forgiven=st.booleans())
    def a_worker_hands_back(self, one: int, forgiven: bool) -> None:
        claim, held = self.claims.pop(one % len(self.claims))
        done = outcome(lambda: hand_back(claim, forgiven=forgiven))
        assert done == self.model.hand_back(held, forgiven=forgiven)

    @rule()
    def leases_run_out(self) -> None:
        leased = Chunk.objects.filter(step__batch=self.batch, state="leased")
        leased.update(lease_until=F("lease_until") - timedelta(seconds=2 * LEASE_S))
        self.model.pass_time()

    @initialize(hours=st.integers(-48, 48))
    def the_clock_is_wrong(self, hours: int) -> None:
        self.the_clock_is_set(hours)

    @rule(hours=st.integers(-48, 48))
    def the_clock_is_set(self, hours: int) -> None:
        self.clock.off_s = hours * 3600.0

    @rule()
    def the_sweeper_comes(self) -> None:
        sweep()
        self.model.release()
        self._opened(self.model.finish(len(self.chunks) - 1))

    @rule(by=st.sampled_from(["chord", "outbox"]))
    def a_finisher_comes(self, by: str) -> None:
        newest = Step.objects.filter(batch=self.batch).latest("round", "number")
        done = finish.finish_step(newest.pk, by=by)
        opened = self.model.finish(len(self.chunks) - 1)
        assert done == (opened is not None)
        self._opened(opened)

    @rule(what=st.sampled_from(["cancel", "pause", "resume", "resume"]))
    def somebody_steers(self, what: str) -> None:
        by_hand = partial(pause.pause_by_hand, actor="alice")
        verbs: dict[str, Callable[[UUID], Batch]]
        verbs = {"cancel": launch.cancel, "pause": by_hand, "resume": launch.resume}
        done, refused = outcome(lambda: verbs[what](self.batch)), getattr(self.model, what)()
        assert done == refused if refused else isinstance(done, Batch)

    @rule()
    def somebody_retries(self) -> None:
        done, waiting = outcome(lambda: launch.retry_errored(self.batch)), self.model.retry()
        if isinstance(waiting, Refused):
            assert done == waiting
        else:
            self._opened(waiting)

    @invariant()
    def both_agree(self) -> None:
        batch = Batch.objects.get(pk=self.batch)
        assert (batch.state, batch.epoch) == (self.model.state, self.model.epoch)
        assert statuses(batch) == self.model.verdicts
        steps = Step.objects.filter(batch=batch).order_by("round", "number")
        wanted = [(step.state, step.remaining) for step in self.model.steps]
        assert list(steps.values_list("state", "remaining")) == wanted
        chunks = Chunk.objects.filter(step__batch=batch)
        found = {pk: rest for pk, *rest in chunks.values_list("pk", "state", "attempt")}
        for ids, step in zip(self.chunks, self.model.steps, strict=True):
            assert [found[pk] for pk in ids] == [[c.state, c.attempt] for c in step.chunks]

    @invariant()
    def what_is_over_is_summarised(self) -> None:
        if self.model.state in ("finished", "cancelled"):
            counts = Counter(self.model.verdicts.values())
            summary = Summary.objects.get(batch=self.batch, slice_kind="all")
            for verdict in ("passed", "failed", "unscored", "errored"):
                assert getattr(summary, verdict) == counts[verdict]

    def _opened(self, cases: set[str] | None) -> None:
        """Take over how a new step's cases are cut; together they are just those wanted."""
        if not cases:
            return
        newest = Step.objects.filter(batch=self.batch).latest("round", "number")
        cut = Chunk.objects.filter(step=newest).order_by("number").values_list("pk", "revisions")
        chunks = [[self.case_of[revision] for revision in revisions] for _, revisions in cut]
        assert sorted(chain.from_iterable(chunks)) == sorted(cases)
        self.chunks.append([pk for pk, _ in cut])
        self.model.open_step(newest.number, chunks)


def test_a_batch_and_its_model_agree(
    as_acme: Tenant, monkeypatch: pytest.MonkeyPatch, knobs: Callable[..., None]
) -> None:
    # Three chunks of two cases each.
    knobs(max_attempts=str(MAX_ATTEMPTS), worker_slots="1")
    monkeypatch.setattr(plan, "SMALLEST_CHUNK", 1)
    launch.cancel(launched([told(*found) for found in ANSWERS]).pk)
    monkeypatch.setattr(Game, "clock", Clock(monkeypatch), raising=False)
    run_state_machine_as_test(
        Game,
        settings=settings(
            max_examples=GAMES,
            stateful_step_count=MOVES,
            derandomize=GAMES < 100,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
