"""Parse Python, one thread at a time."""

from __future__ import annotations

import ast
from threading import Lock
from typing import Final

# What the parser raises: ValueError for surrogates, the last two for deep nesting.
UNPARSED: Final = (SyntaxError, ValueError, RecursionError, MemoryError)

# CPython 3.11 counts the depth of the tree it builds for all threads together, and raises
# SystemError when two of them build one at once.
_ONE_AT_A_TIME = Lock()


def parse(text: str) -> ast.Module:
    """Parse a program; raises one of UNPARSED."""
    with _ONE_AT_A_TIME:
        return ast.parse(text)
