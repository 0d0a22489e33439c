"""What `@pytest.mark.evalsite(...)` asks for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

MARK: Final = "evalsite"
LINE: Final = (
    "evalsite(suite, cases, outputs, repeats, threshold, confidence): run the test once for each "
    "case and repeat; it passes when the interval's lower end clears the threshold"
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`suite` names the cases on the server; `cases` is a file of them, `outputs` one of recorded
    answers, both beside the test."""

    suite: str = ""
    cases: Path | None = None
    outputs: Path | None = None
    repeats: int = 1
    threshold: float
    confidence: float = 0.95


def asked(mark: pytest.Mark, *, beside: Path) -> Asked:
    """Read the marker; raises UsageError for one that cannot be meant so."""
    given: dict[str, Any] = dict(mark.kwargs)
    for name in ("cases", "outputs"):
        if given.get(name) is not None:
            given[name] = beside.parent / given[name]
    try:
        made = Asked(**given)
    except TypeError as error:
        raise pytest.UsageError(f"@pytest.mark.evalsite: {error}") from None
    if mark.args or not (made.suite or made.cases):
        raise pytest.UsageError("@pytest.mark.evalsite: name a suite, or a file of cases")
    if not (made.repeats >= 1 and 0 <= made.threshold <= 1 and 0 < made.confidence < 1):
        raise pytest.UsageError(
            "@pytest.mark.evalsite: wanted are repeats of at least 1, a threshold in 0..1 and a "
            "confidence between 0 and 1"
        )
    return made
