"""Take many rows as JSON lines while they come, and tell what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.serializers import BooleanField, CharField, IntegerField, Serializer

from evalsite.api.frame.asked import Asked
from evalsite.api.frame.body import lines_capped, lines_of
from evalsite.api.frame.receive import received
from evalsite.exchange.lines import LINE_LIMIT, Line, one_object


class Strictness(Asked):
    """What becomes of the good lines where others are bad."""

    strict = BooleanField(
        required=False, help_text="Keep all lines or none (the default); false: the good ones."
    )


class LostLine(Serializer[Any]):
    """A line that was not taken, and why."""

    line = IntegerField(help_text="From 1.")
    code = CharField()
    message = CharField()
    hint = CharField()
    path = CharField(help_text="Where in the line.")


class Taken(Serializer[Any]):
    """What became of the lines."""

    new = IntegerField()
    changed = IntegerField()
    unchanged = IntegerField()
    n_lost = IntegerField(help_text="Lines that were not taken.")
    lost = LostLine(many=True, help_text="The first hundred of them.")


def take_lines(request: Request) -> Iterator[Line]:
    """Answer a body's numbered lines as objects or faults, as they come; memory stays flat.

    Raises BodyTooLarge and BodyCutShort while they are read.
    """
    if hasattr(request.data, "read"):  # else there is no body
        limit = settings.ENV.api_stream_bytes
        yield from _objects(lines_capped(request.data, limit=limit, line_limit=LINE_LIMIT))


@contextmanager
def received_lines(request: Request) -> Iterator[Iterator[Line]]:
    """Answer a body's numbered lines as `take_lines` does, once the body is whole.

    Raises BodyTooLarge, BodyCutShort and BodyNotKept.
    """
    if not hasattr(request.data, "read"):
        yield iter(())
        return
    with received(request.data, limit=settings.ENV.api_stream_bytes) as body:
        yield _objects(lines_of(body, line_limit=LINE_LIMIT))


def _objects(lines: Iterable[bytes]) -> Iterator[Line]:
    for number, line in enumerate(lines, start=1):
        if not line.isspace():
            yield number, one_object(number, line)
