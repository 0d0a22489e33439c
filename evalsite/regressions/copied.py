"""Rows of fixed width from PostgreSQL into numpy, without a Python object for each value.

They are taken apart as they come, so that the bytes of a million rows are never there at once.

A column that may be NULL must be made something else in the query (NaN, 0), so that every row
has the same width.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[Any]

# Signature, flags and the length of an extension that nobody uses; at the end -1 as int16.
_HEAD: Final = 11 + 4 + 4
_TAIL: Final = 2
_PIECE: Final = 2**20


def copied(
    select: str, *, columns: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, Column]:
    """Answer the whole columns of a SELECT; takes and raises what `parts_copied` does."""
    import numpy as np

    parts: dict[str, list[Column]] = {name: [] for name in columns}
    with closing(parts_copied(select, columns=columns, values=values)) as found:
        for part in found:
            for name, rows in part.items():
                parts[name].append(rows)
    return {name: np.concatenate(parts.pop(name)) for name in columns}


def parts_copied(
    select: str, *, columns: Mapping[str, str], values: Mapping[str, Any]
) -> Generator[dict[str, Column]]:
    """Yield the columns of a SELECT some thousand rows at a time; close it, or take it to its end.

    `columns` says in order what PostgreSQL sends: `S16` for uuid, `>i2` for int2, `>i8` for int8,
    `>f8` for float8. Raises ValueError where the rows are not as wide as they should be.
    """
    row = _row(columns)
    raw, skipped = bytearray(), _HEAD
    copy_out = f"COPY ({select}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(copy_out, dict(values)) as copy:
        for block in copy:
            raw += block
            if len(raw) > _PIECE:
                raw, skipped = raw[skipped:], 0
                yield _taken(raw, row=row, names=columns)
    raw = raw[skipped:]
    yield _taken(raw, row=row, names=columns)
    if len(raw) != _TAIL:
        raise ValueError(f"{len(raw)} bytes are left of rows of {row.itemsize}")


def _taken(raw: bytearray, *, row: np.dtype[np.void], names: Iterable[str]) -> dict[str, Column]:
    """Take the whole rows away, and answer their columns."""
    import numpy as np

    n = len(raw) // row.itemsize
    rows = np.frombuffer(bytes(raw[: n * row.itemsize]), dtype=row)
    del raw[: n * row.itemsize]
    return {name: rows[name].astype(rows[name].dtype.newbyteorder("=")) for name in names}


def _row(columns: Mapping[str, str]) -> np.dtype[np.void]:
    """Each row: how many fields, then for each its length and its bytes."""
    import numpy as np

    fields = [("fields", ">i2")]
    for name, kind in columns.items():
        fields += [(f"length of {name}", ">i4"), (name, kind)]
    return np.dtype(fields)
