"""What kinds of test there are: their schemas, stages and rules.

Library mode: `packs.evaluate("exact", cases=..., outputs=...)` gives scorecards in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["evaluate"]

if TYPE_CHECKING:
    from packs.library import evaluate as evaluate
else:

    def __getattr__(name: str) -> Any:
        """Import library mode when it is asked for: no command and no worker does."""
        if name != "evaluate":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from packs.library import evaluate

        return evaluate

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
