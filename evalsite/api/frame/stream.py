"""Send rows as JSON lines while they are read, in flat memory and in the asker's scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import copy_context
from itertools import islice
from typing import Any, Final

import orjson
from django.http import StreamingHttpResponse

from evalsite.api.frame.parse import NDJSON

# Rows a piece: one write to the socket each.
_PIECE: Final = 200


def send_lines(
    rows: Iterator[Mapping[str, Any] | orjson.Fragment], *, filename: str
) -> StreamingHttpResponse:
    """Answer the rows as JSON lines; a fragment is a line that is JSON already.

    The body is read when the request's scope is closed already, so it takes a copy along.
    """
    context = copy_context()
    pieces = _pieces(rows)

    def body() -> Iterator[bytes]:
        while piece := context.run(next, pieces, b""):
            yield piece

    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(body(), content_type=NDJSON, headers=headers)


def _pieces(rows: Iterator[Any]) -> Iterator[bytes]:
    while piece := list(islice(rows, _PIECE)):
        yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in piece)
