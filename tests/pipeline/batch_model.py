"""A model of one batch: what its verbs must answer and leave behind, in plain Python.

Cases are names, and a case's answer tells what its two stages find (see `lanes_pack`). A chunk is a
set of cases. Time is only this: whether a lease has run out. What a verb refuses is a Refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

MAX_ATTEMPTS = 3
LAST_STEP = 1


class Refused(StrEnum):
    """The codes of what the verbs raise."""

    LEASE_HELD = "lease_held"
    LEASE_LOST = "lease_lost"
    NOT_RUNNING = "batch_not_running"
    NOT_RESUMABLE = "batch_not_resumable"
    NOT_FINISHED = "batch_not_finished"
    NOTHING_TO_RETRY = "nothing_to_retry"


class Held(NamedTuple):
    """A claim: step and chunk by their places, and the attempt that is its fence."""

    step: int
    chunk: int
    attempt: int


@dataclass
class Chunk:
    """`is_live`: the lease has not run out."""

    cases: frozenset[str]
    state: str = "pending"
    attempt: int = 0
    is_live: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is still to be scored."""
        return self.state in ("pending", "leased")


@dataclass
class Step:
    """One pass over some cases; `number` says which stage it judges."""

    number: int
    chunks: list[Chunk]
    state: str = "running"

    @property
    def remaining(self) -> int:
        """How many chunks are not finished."""
        return sum(chunk.is_open for chunk in self.chunks)


@dataclass
class BatchModel:
    """A batch of cases, whose `answers` are what their stages find."""

    answers: Mapping[str, tuple[str, str]]
    state: str = "running"
    epoch: int = 1
    steps: list[Step] = field(default_factory=list)
    verdicts: dict[str, str] = field(default_factory=dict)

    def with_verdict(self, *verdicts: str) -> set[str]:
        """Answer the cases that have one of these."""
        return {case for case, verdict in self.verdicts.items() if verdict in verdicts}

    def open_step(self, number: int, chunks: Iterable[Iterable[str]]) -> None:
        """Begin a step; how cases are cut into chunks is not the model's business."""
        self.steps.append(Step(number, [Chunk(frozenset(cases)) for cases in chunks]))

    def claim(self, step: int, chunk: int, *, epoch: int) -> Held | Refused | None:
        """Take the lease of a chunk, if the message is of this epoch."""
        found = self.steps[step].chunks[chunk]
        if epoch != self.epoch or self.state != "running":
            return None
        free = found.state == "pending" or (found.state == "leased" and not found.is_live)
        if free and found.attempt < MAX_ATTEMPTS:
            found.state, found.attempt, found.is_live = "leased", found.attempt + 1, True
            return Held(step, chunk, found.attempt)
        return Refused.LEASE_HELD if found.state == "leased" else None

    def renew(self, held: Held) -> bool | Refused:
        """Answer whether the batch runs, or is paused."""
        chunk = self._mine(held)
        if chunk is None or self.state not in ("running", "paused"):
            return Refused.LEASE_LOST
        chunk.is_live = True
        return self.state == "running"

    def score(self, held: Held) -> bool:
        """Judge a chunk to its end; answers whether anything was written."""
        chunk = self._mine(held)
        if chunk is None or self.state != "running":
            return False
        number = self.steps[held.step].number
        self.verdicts |= {case: self._verdict(case, number) for case in chunk.cases}
        chunk.state = "done"
        return True

    def hand_back(self, held: Held, *, forgiven: bool) -> Refused | None:
        """Let a chunk wait for somebody else."""
        chunk = self._mine(held)
        if chunk is None:
            return Refused.LEASE_LOST
        chunk.state, chunk.attempt = "pending", chunk.attempt - forgiven
        return None

    def pass_time(self) -> None:
        """Let every lease run out."""
        for chunk in (chunk for step in self.steps for chunk in step.chunks):
            chunk.is_live = False

    def release(self) -> None:
        """Free what dead workers hold; a chunk that was tried too often is written off."""
        if self.state != "running":
            return
        for chunk in (c for step in self.steps for c in step.chunks):
            if chunk.state == "leased" and not chunk.is_live:
                is_poison = chunk.attempt >= MAX_ATTEMPTS
                chunk.state = "failed" if is_poison else "pending"
                self.verdicts |= dict.fromkeys(chunk.cases if is_poison else (), "errored")

    def finish(self, step: int) -> set[str] | None:
        """End a step; answers the cases of the one that follows, an empty set where none does.

        None where there was nothing to end.
        """
        found = self.steps[step]
        if self.state != "running" or found.state != "running" or found.remaining:
            return None
        found.state = "done"
        survivors = self.with_verdict("open") if found.number < LAST_STEP else set()
        if not survivors:
            self.state = "finished"
        return survivors

    def cancel(self) -> Refused | None:
        """Stop it for good."""
        if self.state not in ("running", "paused"):
            return Refused.NOT_RUNNING
        self.state = "cancelled"
        return None

    def pause(self) -> Refused | None:
        """Stop it until somebody lets it go on."""
        if self.state != "running":
            return Refused.NOT_RUNNING
        self.state = "paused"
        return None

    def resume(self) -> Refused | None:
        """Let it go on."""
        if self.state == "finished":
            return Refused.NOT_RESUMABLE
        self._next_epoch()
        return None

    def retry(self) -> set[str] | Refused:
        """Answer the cases that are judged once more."""
        if self.state != "finished":
            return Refused.NOT_FINISHED
        waiting = self.with_verdict("errored", "unscored")
        if not waiting:
            return Refused.NOTHING_TO_RETRY
        self._next_epoch()
        return waiting

    def _next_epoch(self) -> None:
        self.state, self.epoch = "running", self.epoch + 1

    def _mine(self, held: Held) -> Chunk | None:
        chunk = self.steps[held.step].chunks[held.chunk]
        is_mine = chunk.state == "leased" and chunk.attempt == held.attempt
        return chunk if is_mine else None

    def _verdict(self, case: str, number: int) -> str:
        """A gate that fails ends it; else the first stage's crash shows at the end."""
        first, second = self.answers[case]
        if number == 0:
            return "failed" if first == "failed" else "open"
        return "errored" if "crash" in (first, second) else second
