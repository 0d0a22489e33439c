"""Keep what judges said at length as blobs, stage by stage, and put it back.

In the place of a stage's entry stands `{"$blob": hash}` with what queries look at in the database:
how the reason begins, and the sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from evalsite.blobs.fetch import fetch
from evalsite.blobs.fields import LongJSONField
from evalsite.blobs.keep import keep
from evalsite.blobs.shorten import LONG, REF, canonical

_HEAD: Final = 200


def shorten_details(texts: Sequence[str]) -> dict[int, str]:
    """Answer the scorecards' details to write in the place of the long ones, by their place."""
    long = {place: orjson.loads(text) for place, text in enumerate(texts) if len(text) > LONG}
    parts = [
        (place, stage, content)
        for place, details in long.items()
        for stage, why in details.items()
        if len(content := canonical(why)) > LONG
    ]
    hashes = keep([content for *_, content in parts]) if parts else []
    for (place, stage, _), sha256 in zip(parts, hashes, strict=True):
        long[place][stage] = _stub(long[place][stage], sha256)
    return {place: orjson.dumps(long[place]).decode() for place in {part[0] for part in parts}}


class DetailsField(LongJSONField):
    """The column of a scorecard's details."""

    def restored(self, value: Any) -> Any:
        """Answer the details with every stage's entry whole."""
        hashes = {stage: why[REF] for stage, why in _stubs(value)}
        if not hashes:
            return value
        contents = fetch(hashes.values())
        whole = {stage: orjson.loads(contents[sha256]) for stage, sha256 in hashes.items()}
        return {**value, **whole}

    def escaped(self, value: Any) -> Any:
        """Answer what to write for a value: no stage's entry of ours looks like a reference."""
        return value


def _stub(why: dict[str, Any], sha256: str) -> dict[str, Any]:
    stub: dict[str, Any] = {REF: sha256, "reason": str(why.get("reason", ""))[:_HEAD]}
    details = why.get("details")
    sandbox = details.get("sandbox") if isinstance(details, dict) else None
    if isinstance(sandbox, dict):
        stub["details"] = {"sandbox": {"tier": sandbox.get("tier")}}
    return stub


def _stubs(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Only what this house writes: a judge's own details are one level below."""
    for stage, why in value.items() if isinstance(value, dict) else ():
        if isinstance(why, dict) and REF in why:
            yield stage, why
