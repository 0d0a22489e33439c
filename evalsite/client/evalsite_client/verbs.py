"""Write a call once; the sync client waits for it, the async client awaits it.

A room is a class of calls about one thing. `@verb` marks a method that answers one thing,
`@listing` one that answers many, page by page, `@stream` one that answers them as one stream,
`@upload` one that sends rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from pydantic import BaseModel

from evalsite_client.describe import Pages, Stream, read
from evalsite_client.errors import NameUnknown
from evalsite_client.retry import send
from evalsite_client.senders import AsyncSender, SyncSender
from evalsite_client.spool import Row, Spool, spool, spool_async
from evalsite_client.steps import Flow, Request

S = TypeVar("S", bound=SyncSender | AsyncSender)
P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
Rows = Iterable[Row] | AsyncIterable[Row]


class Room(Generic[S]):
    """Calls about one thing, made by one sender."""

    def __init__(self, sender: S) -> None:
        self.sender = sender

    def ask(self, request: Request, model: type[M]) -> Flow[M]:
        """Send a request and read the answer; raises Problem, Unreachable and AnswerUnfit."""
        answer = yield from send(request, retries=self.sender.retries)
        return read(answer, model)

    def tell(self, request: Request) -> Flow[None]:
        """Send a request whose answer says no more than that it is done."""
        yield from send(request, retries=self.sender.retries)

    def find(self, pages: Pages[M], *, name: str) -> Flow[M]:
        """Answer the row of that name; raises NameUnknown."""
        cursor: str | None = ""
        while cursor is not None:
            rows, cursor = yield from pages.at(cursor, retries=self.sender.retries)
            for row in rows:
                if getattr(row, "name", None) == name:
                    return row
        raise NameUnknown(f"{pages.request.path} have none named {name!r}")


class Verb(Generic[P, T]):
    """A call that answers one thing."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Flow[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, room: Room[SyncSender], owner: Any = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, room: Room[AsyncSender], owner: Any = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, room: Room[Any], owner: Any = None) -> Callable[P, Any]:
        """Bind the call to the sender of its room."""

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return room.sender.carry_out(self.describe(room, *args, **kwargs))

        return update_wrapper(call, self.describe)


class Listing(Generic[P, M]):
    """A call that answers many things; pages are read as they are come to."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Pages[M]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, room: Room[SyncSender], owner: Any = None) -> Callable[P, Iterator[M]]: ...
    @overload
    def __get__(
        self, room: Room[AsyncSender], owner: Any = None
    ) -> Callable[P, AsyncIterator[M]]: ...
    def __get__(self, room: Room[Any], owner: Any = None) -> Callable[P, Any]:
        """Bind the call to the sender of its room."""
        walk: Callable[..., Any] = _async_pages
        if isinstance(room.sender, SyncSender):
            walk = _pages

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return walk(self.describe(room, *args, **kwargs), sender=room.sender)

        return update_wrapper(call, self.describe)


class Upload(Generic[P, T]):
    """A call that sends rows: any iterable of mappings, an asynchronous one where it is awaited."""

    def __init__(self, describe: Callable[Concatenate[Any, Spool, P], Flow[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(
        self, room: Room[SyncSender], owner: Any = None
    ) -> Callable[Concatenate[Iterable[Row], P], T]: ...
    @overload
    def __get__(
        self, room: Room[AsyncSender], owner: Any = None
    ) -> Callable[Concatenate[Rows, P], Coroutine[Any, Any, T]]: ...
    def __get__(self, room: Room[Any], owner: Any = None) -> Callable[Concatenate[Any, P], Any]:
        """Bind the call to the sender of its room."""
        sender = room.sender

        def call(rows: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
            with spool(rows) as lines:
                return sender.carry_out(self.describe(room, lines, *args, **kwargs))

        async def call_async(rows: Any, /, *args: P.args, **kwargs: P.kwargs) -> Any:
            async with spool_async(rows) as lines:
                return await sender.carry_out(self.describe(room, lines, *args, **kwargs))

        return update_wrapper(call if isinstance(sender, SyncSender) else call_async, self.describe)


class Streaming(Generic[P, M]):
    """A call that answers many things as one stream, in flat memory."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Stream[M]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, room: Room[SyncSender], owner: Any = None) -> Callable[P, Iterator[M]]: ...
    @overload
    def __get__(
        self, room: Room[AsyncSender], owner: Any = None
    ) -> Callable[P, AsyncIterator[M]]: ...
    def __get__(self, room: Room[Any], owner: Any = None) -> Callable[P, Any]:
        """Bind the call to the sender of its room."""
        sender = room.sender

        def call(*args: P.args, **kwargs: P.kwargs) -> Iterator[M]:
            rows = self.describe(room, *args, **kwargs)
            return map(rows.row, sender.lines(rows.request))

        async def call_async(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[M]:
            rows = self.describe(room, *args, **kwargs)
            async for line in sender.lines(rows.request):
                yield rows.row(line)

        return update_wrapper(call if isinstance(sender, SyncSender) else call_async, self.describe)


def verb(describe: Callable[Concatenate[Any, P], Flow[T]]) -> Verb[P, T]:
    """Mark a method that describes a call which answers one thing."""
    return Verb(describe)


def listing(describe: Callable[Concatenate[Any, P], Pages[M]]) -> Listing[P, M]:
    """Mark a method that describes a call which answers many things."""
    return Listing(describe)


def stream(describe: Callable[Concatenate[Any, P], Stream[M]]) -> Streaming[P, M]:
    """Mark a method that describes a call which answers many things as one stream."""
    return Streaming(describe)


def upload(describe: Callable[Concatenate[Any, Spool, P], Flow[T]]) -> Upload[P, T]:
    """Mark a method that describes a call which sends rows; they are its first argument."""
    return Upload(describe)


def _pages(pages: Pages[M], *, sender: SyncSender) -> Iterator[M]:
    cursor: str | None = ""
    while cursor is not None:
        rows, cursor = sender.carry_out(pages.at(cursor, retries=sender.retries))
        yield from rows


async def _async_pages(pages: Pages[M], *, sender: AsyncSender) -> AsyncIterator[M]:
    cursor: str | None = ""
    while cursor is not None:
        rows, cursor = await sender.carry_out(pages.at(cursor, retries=sender.retries))
        for row in rows:
            yield row
