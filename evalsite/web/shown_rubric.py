"""What a stage's judge goes by, for a person who is to judge by the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from evalsite.web.card.values import whole
from judges.protocol import JudgeError

if TYPE_CHECKING:
    from judges.rubrics import Rubric


class Guide(NamedTuple):
    """The stage's judge, and its rubric or, where it has none, its options."""

    judge: str
    rubric: Rubric | None
    options: str


def rubric_of_stage(manifest: Mapping[str, Any], stage: str) -> Guide | None:
    """Answer what the judge of a stage goes by; None for the case as a whole."""
    found = next((known for known in manifest["stages"] if known["name"] == stage), None)
    if found is None:
        return None
    options = found.get("judge_options") or {}
    told = whole(options)[:4_000] if options else ""
    return Guide(found.get("judge", ""), _rubric(options.get("rubric")), told)


def _rubric(given: Any) -> Rubric | None:
    """A rubric that this version of evalsite does not know is shown among the options."""
    if not isinstance(given, str | dict):
        return None
    from judges.rubrics import rubric_of

    try:
        return rubric_of(given)
    except JudgeError:
        return None
