"""What a spreadsheet makes of a cell of CSV."""

from __future__ import annotations

import unicodedata


def neutral(cell: str) -> str:
    """Answer a cell that no spreadsheet takes for a formula."""
    first = unicodedata.normalize("NFKC", cell.lstrip(" \"'"))[:1]
    risky = cell[:1] in ("\t", "\r", "\n") or first in ("=", "+", "-", "@", "\t", "\r")
    return f"'{cell}" if cell and risky else cell
