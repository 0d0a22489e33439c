"""A file of old cases whose records may say how each was judged: cases first, verdicts after."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BufferedReader
from itertools import islice
from typing import IO, Any, Final
from uuid import UUID

import orjson

from evalsite.batches.models import Batch, BatchState
from evalsite.cases.models import Suite
from evalsite.exchange.formats.format import converted
from evalsite.exchange.legacy.card_batch import close_card_batch, open_card_batch, write_cards
from evalsite.exchange.legacy.card_record import BATCH_FIELDS, Card, card_of, has_card
from evalsite.exchange.legacy.case_record import case_fields
from evalsite.exchange.lines import Line
from evalsite.exchange.records import json_records

_PIECE: Final = 1_000


@contextmanager
def judged_file() -> Iterator[JudgedFile]:
    """Read an old file inside the block; what is kept of it goes at its end."""
    with tempfile.TemporaryFile() as kept:
        yield JudgedFile(kept)


class JudgedFile:
    """Gives the file's cases, keeps its verdicts aside, and brings them after."""

    def __init__(self, kept: IO[bytes]) -> None:
        self._kept = kept

    def lines(self, stream: BufferedReader) -> Iterator[Line]:
        """Answer each record as the fields of a case, or its fault."""
        return converted(json_records(stream), self._case)

    def bring(self, suite: Suite, *, actor: str) -> dict[str, int]:
        """Write the verdicts as finished batches, in the open transaction.

        Counts the new, those there already (`unchanged`), and those without a case (`lost`).
        """
        self._kept.seek(0)
        counts = Counter(new=0, unchanged=0, lost=0)
        touched: set[UUID] = set()
        while piece := [orjson.loads(line) for line in islice(self._kept, _PIECE)]:
            for name, cards in _by_batch(piece, suite=suite).items():
                batch = open_card_batch(suite, name=name, source="file", actor=actor)
                written = write_cards(batch, cards)
                touched.add(batch.pk)
                counts.update(new=written.new, unchanged=written.unchanged, lost=len(written.lost))
        for batch in Batch.objects.filter(pk__in=touched, state=BatchState.CANCELLED):
            close_card_batch(batch)
        return dict(counts)

    def _case(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        fields = case_fields(record)
        if has_card(record):
            self._kept.write(orjson.dumps({"key": fields["key"], "record": record}) + b"\n")
        return fields


def _by_batch(piece: list[dict[str, Any]], *, suite: Suite) -> dict[str, list[Card]]:
    """Answer the scorecards by the old batch's name; without one the suite's name stands for it."""
    batches: dict[str, list[Card]] = defaultdict(list)
    for kept in piece:
        record = kept["record"]
        names = (record.get(name) for name in BATCH_FIELDS)
        name = next((str(name) for name in names if name not in (None, "")), suite.name)
        batches[name].append(card_of(record, key=kept["key"]))
    return batches
