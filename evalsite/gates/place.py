"""Put a report into its file at once and whole: a reader never sees half of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from evalsite.errors import UsageError


class FileUnwritable(UsageError):
    """A report cannot be written where it was asked for."""

    code = "file_unwritable"
    hint = "name a plain file in a folder that is there and may be written to"


def require_writable(path: Path) -> Path:
    """Answer the place itself, links followed; raises FileUnwritable."""
    place = path.resolve()
    if place.exists() and not place.is_file():
        raise FileUnwritable(f"{path} is no plain file")
    if not os.access(place.parent, os.W_OK | os.X_OK):
        raise FileUnwritable(f"{place.parent} is no folder to write to")
    return place


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a draft beside the file, and move it there when all went well.

    Raises FileUnwritable.
    """
    place = require_writable(path)
    try:
        with NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}-", delete=False) as draft:
            try:
                yield draft
                draft.flush()
                os.chmod(draft.name, _mode(place))
                os.replace(draft.name, place)
            except BaseException:
                os.unlink(draft.name)
                raise
    except OSError as error:
        raise FileUnwritable(f"{path}: {error.strerror}") from None


def _mode(place: Path) -> int:
    """Answer the rights of the file that is there, or those that a new one would get."""
    if place.exists():
        return place.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
