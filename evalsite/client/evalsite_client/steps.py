"""What a call asks of the outside world, as values.

Every call is written once, as a generator that yields these. The sync and the async client carry
them out, each in its own way, and send back what came of it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Body(Protocol):
    """What is sent along. It can be read again from its beginning, so that it can be sent again."""

    @property
    def content_type(self) -> str:
        """What it is."""

    @property
    def length(self) -> int:
        """How many bytes it has."""

    def blocks(self) -> Iterator[bytes]:
        """Yield the bytes in blocks, from the first one."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A body that is small enough to be held in memory."""

    content: bytes
    content_type: str = "application/json"

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return len(self.content)

    def blocks(self) -> Iterator[bytes]:
        """Yield it whole."""
        yield self.content


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request; `path` is relative to the API's root.

    `safe_again`: sent twice, it does no more than sent once.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    safe_again: bool = True


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """There was no answer; `begun` says whether the server may have seen the request."""

    cause: str
    begun: bool


Step = Request | Sleep
Flow = Generator[Step, Any, T]
