"""What kinds of test there are: their schemas, stages and rules.

Library mode: `packs.evaluate("exact", cases=..., outputs=...)` gives scorecards in memory.
"""

from __future__ import annotations

# Bound last, over the module of the same name: `from packs.evaluate import prepare` still works.
from packs.library import evaluate as evaluate

__all__ = ["evaluate"]
