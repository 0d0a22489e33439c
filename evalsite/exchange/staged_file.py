"""A file that a person uploaded, kept for a day while they look at what it would change.

It is kept by its hash among the tenant's blobs. No row refers to it, so it goes by itself; until
then it does not matter which host answers, and the file travels once.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Final

from evalsite.blobs.fetch import BlobMissing, fetch
from evalsite.blobs.keep import keep
from evalsite.errors import EvalsiteError
from evalsite.exchange.open_file import open_lines

MOST_BYTES: Final = 20_000_000
_TOKEN = re.compile(r"[0-9a-f]{64}")


class UploadTooLarge(EvalsiteError):
    """A file is too large to be imported by a browser."""

    code = "upload_too_large"
    hint = "import it by manage.py importcases, or split it"
    http_status = 413


class StagedFileGone(EvalsiteError):
    """The file is not kept any more, or never was."""

    code = "staged_file_gone"
    hint = "upload it again"
    http_status = 404


def stage(source: BinaryIO) -> str:
    """Keep a file, unpacked; answers the token that names it.

    Raises UploadTooLarge, and FileRefused for what cannot be unpacked.
    """
    content = open_lines(source).read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UploadTooLarge(f"the file holds more than {MOST_BYTES // 10**6} MB")
    return keep([content])[0]


def staged(token: str) -> bytes:
    """Answer a kept file by its token; raises StagedFileGone."""
    if not _TOKEN.fullmatch(token):
        raise StagedFileGone("there is no such file")
    try:
        return fetch([token])[token]
    except BlobMissing:
        raise StagedFileGone("the file is not kept any more") from None
