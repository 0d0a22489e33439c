"""Give a case in a batch a person's verdict, and take it back. The machine's own stays as it is."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.calibration.models import LONGEST_NOTE, Label, LabelSource
from evalsite.errors import UsageError
from evalsite.scoring.models import Scorecard

_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"


class LabelInvalid(UsageError):
    """That cannot be a label."""

    code = "label_invalid"
    hint = "name a stage of the batch or none, and keep the note short"


class Labelled(NamedTuple):
    """What is labelled where its scorecard is gone; a `Scorecard` has the same names."""

    batch_id: UUID
    revision_id: UUID
    repetition: int


def put(
    card: Scorecard | Labelled,
    *,
    passed: bool,
    author: object,
    source: LabelSource | str,
    note: str = "",
    stage: str = "",
    is_blind: bool = False,
    is_drawn: bool = False,
) -> Label:
    """Give a card, or one stage of it, the author's verdict; the one before is withdrawn.

    Saying the same again answers the label that stands. `is_blind`: the machine's verdict was not
    shown; `is_drawn`: chance chose the case, whatever that verdict is. Audited. Raises
    LabelInvalid for a stage that the batch has not, and for a note that is too long.
    """
    name, note = str(author)[:200], note.strip()
    _require_valid(card, stage=stage, note=note)
    place = {
        "batch_id": card.batch_id,
        "revision_id": card.revision_id,
        "repetition": card.repetition,
        "stage": stage,
    }
    with transaction.atomic():
        # Of two labels by one author at the same moment the later must see the earlier.
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_TURNS, ["/".join(map(str, (*place.values(), name)))])
        before = Label.objects.filter(**place, author=name, withdrawn_at=None).first()
        if before is not None:
            same = (before.passed, before.note) == (passed, note)
            if same and (before.is_drawn or not is_drawn):
                return before
            withdraw(before, by=author)
        given = {"passed": passed, "note": note, "source": LabelSource(source)}
        how = {"is_blind": is_blind, "is_drawn": is_drawn}
        label = Label.objects.create(**place, **given, **how, author=name)
        record("label.put", label, actor=author, after=_shown(label))
    return label


def withdraw(label: Label, *, by: object) -> Label:
    """Take a label back: it is kept, and counts no more. Audited; doing it again does nothing."""
    with transaction.atomic():
        standing = Label.objects.filter(pk=label.pk, withdrawn_at=None)
        n = standing.update(withdrawn_at=timezone.now(), withdrawn_by=str(by)[:200])
        if n:
            record("label.withdrawn", label, actor=by, before=_shown(label))
    label.refresh_from_db()
    return label


def _require_valid(card: Scorecard | Labelled, *, stage: str, note: str) -> None:
    manifest = Batch.objects.values_list("manifest", flat=True).get(pk=card.batch_id)
    stages = [known["name"] for known in manifest["stages"]]
    if stage and stage not in stages:
        raise LabelInvalid(f"the batch has no stage {stage!r:.60}, it has {', '.join(stages)}")
    if len(note) > LONGEST_NOTE:
        raise LabelInvalid(f"the note has {len(note):,} characters, {LONGEST_NOTE:,} are allowed")
    if "\x00" in note:
        raise LabelInvalid("the note has a NUL character")


def _shown(label: Label) -> dict[str, object]:
    """What was said, without the note: it may quote the case."""
    return {
        "batch": str(label.batch_id),
        "revision": str(label.revision_id),
        "repetition": label.repetition,
        "stage": label.stage,
        "passed": label.passed,
        "source": str(label.source),
        "author": label.author,
    }
