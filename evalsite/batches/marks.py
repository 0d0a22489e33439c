"""What a reader must know about a batch before believing its figures, or missing its texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from evalsite.batches.models import Batch, BatchState, Preflight
from evalsite.endpoints.models import RESERVED as MOCK
from evalsite.trust.nested import texts


class Mark(NamedTuple):
    """One reservation, as a stable code and in words."""

    code: str
    text: str


def marks_of(batch: Batch) -> list[Mark]:
    """Answer the reservations about a batch, the gravest first; none is the ordinary case."""
    return [
        *_pause_marks(batch),
        *_preflight_marks(batch),
        *_mock_marks(batch.manifest),
        *_purge_marks(batch),
    ]


def _pause_marks(batch: Batch) -> Iterator[Mark]:
    if batch.state == BatchState.PAUSED:
        yield Mark(code=batch.paused_code, text=f"The batch is paused: {batch.paused_reason}.")


def _preflight_marks(batch: Batch) -> Iterator[Mark]:
    found = "; ".join(batch.preflight_notes)
    if batch.preflight == Preflight.UNTRUSTED:
        yield Mark(code="judge_untrusted", text=f"A judge cannot be trusted: {found}.")
    if batch.preflight == Preflight.NOT_CHECKED:
        yield Mark(code="judge_not_checked", text=f"The judges were not checked: {found}.")


def _mock_marks(manifest: Mapping[str, Any]) -> Iterator[Mark]:
    mocked = [stage["name"] for stage in manifest["stages"] if _is_mocked(stage)]
    if mocked:
        stages = ", ".join(mocked)
        text = f"A mock judges {stages}: its verdicts say nothing about quality."
        yield Mark(code="judge_mock", text=text)


def _purge_marks(batch: Batch) -> Iterator[Mark]:
    if batch.cards_purged_at:
        text = "Comparisons rest on the figures kept of them."
        yield Mark("scorecards_purged", f"The scorecards were {purged(batch)}. {text}")
    elif batch.texts_purged_at:
        yield Mark("judge_texts_purged", f"What the judges said was {purged(batch)}.")


def purged(batch: Batch) -> str:
    """Say since when a batch has no judges' texts; an empty string for one that has."""
    at = batch.cards_purged_at or batch.texts_purged_at
    return f"purged on {at:%Y-%m-%d}" if at else ""


def _is_mocked(stage: Mapping[str, Any]) -> bool:
    return stage.get("judge") == MOCK or MOCK in texts(stage.get("judge_options", {}))
