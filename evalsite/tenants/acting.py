"""Who does what is being done: told once where a request, a command or a task begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Final, NamedTuple


class ActorKind(StrEnum):
    """What kind of hand it was."""

    USER = "user"
    KEY = "key"
    SYSTEM = "system"


class Actor(NamedTuple):
    """A person, an API key, or the system: commands, workers, the coordinator."""

    kind: ActorKind
    name: str
    role: str = ""


SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, name="")


def system(name: str) -> Actor:
    """Answer a part of the system as who acts: a command, the worker."""
    return Actor(kind=ActorKind.SYSTEM, name=name)


_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


def current() -> Actor:
    """Answer who acts; the system where nobody was told."""
    return _actor.get()


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Let what is done inside the block be done by the actor."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def act_as(actor: Actor) -> None:
    """Tell, in an open `acting` block, who it turned out to be."""
    _actor.set(actor)
