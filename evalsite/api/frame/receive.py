"""Receive a whole body before it is used, so that who sends slowly holds nothing meanwhile."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from typing import Final, cast

from evalsite.api.frame.body import PIECE, Capped, Readable
from evalsite.errors import EvalsiteError

log = logging.getLogger(__name__)

_IN_MEMORY: Final = 2**20


class BodyNotKept(EvalsiteError):
    """There is no room on the disk for a body."""

    code = "body_not_kept"
    hint = "send it again later, or in several requests; an operator frees the temporary folder"
    http_status = 503


@contextmanager
def received(stream: Readable, *, limit: int) -> Iterator[BufferedIOBase]:
    """Answer a body of at most `limit` bytes once it is whole: in memory where small, else a file.

    Raises BodyTooLarge, BodyCutShort and BodyNotKept.
    """
    capped = Capped(stream, limit=limit)
    is_whole = False
    try:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            shutil.copyfileobj(capped, file, PIECE)
            file.seek(0)
            is_whole = True
            yield cast(BufferedIOBase, file)
    except OSError as error:  # of the copy, or of the end that writes what is left of it
        if is_whole:
            raise
        log.error("a body could not be kept: %s", error)
        why = os.strerror(error.errno) if error.errno else "no temporary folder"
        raise BodyNotKept(f"the body could not be kept: {why}") from error
