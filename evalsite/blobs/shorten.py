"""Put references in the place of long JSON values, and the values back in the references' place.

A reference is an object with the one member `$blob`, a hash. A value that looks like one is kept
as `{"$blob": [value]}`, so that all that was written is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from evalsite.blobs.fetch import fetch
from evalsite.blobs.keep import keep

REF: Final = "$blob"
# From so many bytes on PostgreSQL would put it in a table of its own anyhow, as often as it comes.
LONG: Final = 2_048
_HEAD: Final = '{"$blob":'


def shorten(texts: Sequence[str | None]) -> list[str | None]:
    """Answer the JSON texts to write; the long ones are kept as blobs in this transaction."""
    kept = list(texts)
    long = []
    for place, text in enumerate(texts):
        if text is not None and len(text) > LONG:
            long.append((place, canonical(orjson.loads(text))))
        elif text is not None and text.startswith(_HEAD):
            kept[place] = orjson.dumps(escaped(orjson.loads(text))).decode()
    if long:
        hashes = keep([content for _, content in long])
        for (place, _), sha256 in zip(long, hashes, strict=True):
            kept[place] = f'{_HEAD}"{sha256}"}}'
    return kept


def restore(values: Sequence[Any]) -> list[Any]:
    """Answer the values that were written; raises BlobMissing and BlobDamaged."""
    refs = {place: value[REF] for place, value in enumerate(values) if is_reference(value)}
    if not refs:
        return list(values)
    hashes = {ref for ref in refs.values() if isinstance(ref, str)}
    contents = fetch(hashes) if hashes else {}
    restored = list(values)
    for place, ref in refs.items():
        restored[place] = orjson.loads(contents[ref]) if isinstance(ref, str) else ref[0]
    return restored


def is_reference(value: Any) -> bool:
    """Answer whether another value stands behind this one."""
    return isinstance(value, dict) and len(value) == 1 and REF in value


def escaped(value: Any) -> Any:
    """Answer the value to write where it is to be no reference."""
    return {REF: [value]} if is_reference(value) else value


def canonical(value: Any) -> bytes:
    """Answer the one JSON text of a value: what PostgreSQL holds for equal has the same."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
