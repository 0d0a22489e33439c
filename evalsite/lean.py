"""Import a library without another one that it takes where it is there, and which is slow.

structlog would draw exceptions with rich; ours are told by kind and place (`logs`). It would keep
context by greenlet, of which nothing here makes any.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

__all__ = ["structlog", "without"]


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let a module that nobody has imported yet look as if it were not installed."""
    modules = cast(Any, sys.modules)
    if name in modules:
        yield
        return
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]


with without("rich"), without("greenlet"):
    import structlog
