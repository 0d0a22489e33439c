"""Bring the tables of an old database into a suite.

Piece by piece, each with its mark: an import that was interrupted goes on where it was, and one
that is done again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from evalsite.audit.record import record as _record
from evalsite.batches.models import Batch, BatchState
from evalsite.cases.check import CheckedCase
from evalsite.cases.curate import import_cases
from evalsite.cases.models import Suite
from evalsite.errors import EvalsiteError
from evalsite.exchange.case_files import open_suite
from evalsite.exchange.formats.format import identifier
from evalsite.exchange.legacy.card_batch import close_card_batch, open_card_batch, write_cards
from evalsite.exchange.legacy.card_record import Card, card_of
from evalsite.exchange.legacy.sift_rows import sift_cases, sift_rows
from evalsite.exchange.legacy.tables import OldRow, OldTables
from evalsite.exchange.lines import BadLine
from evalsite.exchange.models import LegacyImport
from packs.registry import PACKS

ACTOR: Final = "migratelegacy"
PACK: Final = "nl2api"
NO_BATCH: Final = "none"
_PIECE: Final = 5_000
_CASE_FATES: Final = ("new", "changed", "unchanged", "refused")
_CARD_FATES: Final = ("new", "unchanged", "refused")

OnBad = Callable[[BadLine], None]


class LegacySuiteTaken(EvalsiteError):
    """The suite holds cases of somebody else, which could not be told apart later."""

    code = "legacy_suite_taken"
    hint = "name a suite of its own with --suite"
    exit_code = 2


@dataclass(kw_only=True)
class Migrated:
    """What came in by one call: cases and scorecards by what became of them, batches closed."""

    cases: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_CASE_FATES, 0))
    cards: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_CARD_FATES, 0))
    batches: int = 0


def open_import(tables: OldTables, *, suite: str) -> LegacyImport:
    """Answer the import of this source into the suite, made on first sight with the suite.

    Raises LegacySuiteTaken, SuiteNameInvalid and SuitePackMismatch.
    """
    with transaction.atomic():
        found = LegacyImport.objects.filter(suite__name=suite).select_related("suite").first()
        if found is not None and found.source == tables.label:
            return found
        made = not Suite.objects.filter(name=suite).exists()
        chosen = open_suite(suite, pack=PACK, actor=ACTOR)
        if found is not None or chosen.version:
            raise LegacySuiteTaken(f"suite {suite!r} holds other cases")
        started = LegacyImport.objects.create(source=tables.label, suite=chosen, made_suite=made)
        _record("legacy.import_started", chosen, actor=ACTOR, source=tables.label)
    return started


def migrate(job: LegacyImport, tables: OldTables, *, on_bad: OnBad) -> Migrated:
    """Bring in what is not there yet; `on_bad` hears of each row that cannot be kept."""
    done = Migrated()
    for piece in _pieces(tables.cases(after=job.case_mark)):
        _add(done.cases, _bring_cases(job, piece, on_bad=on_bad))
    rows = tables.cards(after=(job.card_batch_mark, job.card_mark))
    for _, of_batch in groupby(rows, key=lambda row: row.batch):
        for piece in _pieces(of_batch):
            _add(done.cards, _bring_cards(job, piece, on_bad=on_bad))
    for batch in batches_of(job):
        if batch.state == BatchState.CANCELLED:
            done.batches += close_card_batch(batch)
    _finish(job, done)
    return done


def batches_of(job: LegacyImport) -> list[Batch]:
    """List the batches that hold the old scorecards."""
    ours = Batch.objects.filter(suite=job.suite_id, manifest__legacy__source=job.source)
    return list(ours.select_related("suite").order_by("created_at", "pk"))


def _bring_cases(job: LegacyImport, piece: list[OldRow], *, on_bad: OnBad) -> tuple[int, ...]:
    pack = PACKS.load(job.suite.pack).value
    kept: list[tuple[int, CheckedCase]] = []
    for row, case in sift_cases(piece, pack=pack):
        if isinstance(case, BadLine):
            on_bad(case)
        else:
            kept.append((row.line[0], case))
    with transaction.atomic():
        _lock(job)
        note = f"from {job.source}"
        made = import_cases(job.suite, kept, on_repeated=_never, actor=ACTOR, note=note)
        _mark(job, case_mark=piece[-1].id)
    return made.new, made.changed, made.unchanged, len(piece) - len(kept)


def _bring_cards(job: LegacyImport, piece: list[OldRow], *, on_bad: OnBad) -> tuple[int, ...]:
    kept: list[Card] = []
    for _, card in sift_rows(piece, _card):
        if isinstance(card, BadLine):
            on_bad(card)
        else:
            kept.append(card)
    name = piece[-1].batch or NO_BATCH
    with transaction.atomic():
        _lock(job)
        batch = open_card_batch(job.suite, name=name, source=job.source, actor=ACTOR)
        written = write_cards(batch, kept)
        _mark(job, card_batch_mark=piece[-1].batch, card_mark=piece[-1].id)
    for key in written.lost:
        on_bad(_lost(key))
    return written.new, written.unchanged, len(piece) - written.new - written.unchanged


def _add(fates: dict[str, int], counts: tuple[int, ...]) -> None:
    for name, count in zip(fates, counts, strict=True):
        fates[name] += count


def _card(row: OldRow, record: Mapping[str, Any]) -> Card:
    key = identifier(record, "test_case_id")
    return card_of(record, key=key, repetition=row.repetition)


def _lost(key: str) -> BadLine:
    message = f"a scorecard of test case {key!r:.80}, which did not come in"
    return BadLine(0, "case_unknown", message, "mend that case first")


def _finish(job: LegacyImport, done: Migrated) -> None:
    with transaction.atomic():
        _mark(job, case_mark="", card_batch_mark="", card_mark="", finished_at=timezone.now())
        if done.cases["new"] + done.cases["changed"] + done.cards["new"]:
            counts = {"cases": done.cases, "scorecards": done.cards}
            _record("legacy.imported", job.suite, actor=ACTOR, source=job.source, **counts)


def _lock(job: LegacyImport) -> None:
    """Let imports of the same tables take turns, piece by piece."""
    LegacyImport.objects.select_for_update().get(pk=job.pk)


def _mark(job: LegacyImport, **fields: object) -> None:
    LegacyImport.objects.filter(pk=job.pk).update(**fields)
    for name, value in fields.items():
        setattr(job, name, value)


def _pieces(rows: Iterator[OldRow]) -> Iterator[list[OldRow]]:
    while piece := list(islice(rows, _PIECE)):
        yield piece


def _never(repeated: object) -> None:
    """Ids are keys of their table: none stands twice."""
