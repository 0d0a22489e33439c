"""Rows of fixed width from PostgreSQL into numpy, without a Python object for each value.

They are taken apart as they come, so that the bytes of a million rows are never there at once.

A column that may be NULL must be made something else in the query (NaN, 0), so that every row
has the same width.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# Signature, flags and the length of an extension that nobody uses; at the end -1 as int16.
_HEAD: Final = 11 + 4 + 4
_TAIL: Final = 2
_PIECE: Final = 2**20


def copied(
    select: str, *, columns: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, npt.NDArray[Any]]:
    """Answer the columns of a SELECT as arrays.

    `columns` says in order what PostgreSQL sends: `S16` for uuid, `>i2` for int2, `>i8` for int8,
    `>f8` for float8. Raises ValueError where the rows are not as wide as they should be.
    """
    import numpy as np

    row = _row(columns)
    parts: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in columns}
    raw, skipped = bytearray(), _HEAD
    copy_out = f"COPY ({select}) TO STDOUT (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(copy_out, dict(values)) as copy:
        for block in copy:
            raw += block
            if len(raw) > _PIECE:
                raw, skipped = _cut(raw[skipped:], row=row, parts=parts), 0
    rest = _cut(raw[skipped:], row=row, parts=parts)
    if len(rest) != _TAIL:
        raise ValueError(f"{len(rest)} bytes are left of rows of {row.itemsize}")
    nothing = np.empty(0, dtype=row)
    return {name: np.concatenate([nothing[name], *parts.pop(name)]) for name in columns}


def _cut(
    raw: bytearray, *, row: np.dtype[np.void], parts: dict[str, list[npt.NDArray[Any]]]
) -> bytearray:
    """Put the whole rows into the columns; answers the bytes that are left."""
    import numpy as np

    n = len(raw) // row.itemsize
    rows = np.frombuffer(raw, dtype=row, count=n)
    for name, column in parts.items():
        column.append(rows[name].astype(rows[name].dtype.newbyteorder("=")))
    return raw[n * row.itemsize :]


def _row(columns: Mapping[str, str]) -> np.dtype[np.void]:
    """Each row: how many fields, then for each its length and its bytes."""
    import numpy as np

    fields = [("fields", ">i2")]
    for name, kind in columns.items():
        fields += [(f"length of {name}", ">i4"), (name, kind)]
    return np.dtype(fields)
