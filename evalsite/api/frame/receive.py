"""Receive a whole body before it is used, so that who sends slowly holds nothing meanwhile."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from evalsite.api.frame.body import PIECE, Capped, Readable
from evalsite.errors import EvalsiteError

_IN_MEMORY: Final = 2**20


class BodyNotKept(EvalsiteError):
    """There is no room on the disk for a body."""

    code = "body_not_kept"
    hint = "send it again later, or in several requests; an operator frees the temporary folder"
    http_status = 503


@contextmanager
def received(stream: Readable, *, limit: int) -> Iterator[IO[bytes]]:
    """Answer a body of at most `limit` bytes once it is whole: in memory where small, else a file.

    Raises BodyTooLarge, BodyCutShort and BodyNotKept.
    """
    capped = Capped(stream, limit=limit)
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            shutil.copyfileobj(capped, file, PIECE)
            file.seek(0)
        except OSError as error:
            raise BodyNotKept(f"the body could not be kept: {error.strerror}") from error
        yield file
