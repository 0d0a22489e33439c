"""structlog without rich, which it imports where it is there, and which is slow.

It would draw exceptions with it; ours are told by kind and place (`logs`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

__all__ = ["structlog"]


@contextmanager
def _without(name: str) -> Iterator[None]:
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


with _without("rich"):
    import structlog
