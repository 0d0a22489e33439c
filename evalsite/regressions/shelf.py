"""Columns of a great many rows, which are out of memory until one of them is asked for.

While they are small they stay there all the same. Beyond, they are in a file that has no name and
goes with its owner: two batches of a million cases come to some 500 MB.
"""

from __future__ import annotations

import os
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import finalize

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[Any]

IN_MEMORY: Final = 16 * 2**20


class _Piece(NamedTuple):
    """Some rows of a column: where they begin, in how many bytes, of what."""

    begin: int
    size: int
    kind: np.dtype[Any]


class Shelf:
    """Columns by name, of as many rows each."""

    def __init__(self) -> None:
        self._file = _store()
        finalize(self, self._file.close)
        self._pieces: dict[str, list[_Piece]] = {}

    def add(self, name: str, rows: Column) -> None:
        """Put the next rows of a column away, which are of the same kind as those before."""
        begin = self._file.seek(0, os.SEEK_END)
        self._file.write(rows.tobytes())
        self._pieces.setdefault(name, []).append(_Piece(begin, rows.nbytes, rows.dtype))

    def __contains__(self, name: object) -> bool:
        return name in self._pieces

    def __getitem__(self, name: str) -> Column:
        """Read a column, which cannot be written to; raises KeyError and OSError."""
        import numpy as np

        pieces = self._pieces[name]
        raw = np.empty(sum(piece.size for piece in pieces), dtype=np.uint8)
        left = raw.data
        for piece in pieces:
            self._file.seek(piece.begin)
            if self._file.readinto(left[: piece.size]) != piece.size:
                raise OSError("a column is not there as it was put away")
            left = left[piece.size :]
        column = raw.view(pieces[0].kind)
        column.setflags(write=False)
        return column


def _store() -> SpooledTemporaryFile[bytes]:
    return SpooledTemporaryFile(max_size=IN_MEMORY)
