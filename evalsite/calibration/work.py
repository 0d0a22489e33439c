"""Work through a queue: take the next case, answer or skip it.

Who opens a case holds it for ten minutes: nobody else is given it meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Func, IntegerField, Q
from django.utils import timezone

from evalsite.calibration import label
from evalsite.calibration.models import Label, LabelSource, Queue, QueueItem
from evalsite.errors import EvalsiteError

HELD_FOR: Final = timedelta(minutes=10)


class ItemTaken(EvalsiteError):
    """Somebody else holds the case, or enough people have answered."""

    code = "item_taken"
    hint = "go on with the next one of the queue"


@transaction.atomic
def take(queue: Queue, *, who: str) -> QueueItem | None:
    """Answer a case for them to judge, and hold it; None where there is none for them now.

    Who holds one already is given the same.
    """
    now = timezone.now()
    waiting = QueueItem.objects.filter(queue=queue, done_at=None)
    theirs = waiting.filter(held_by=who, held_until__gt=now).exclude(answered_by__contains=[who])
    free = waiting.filter(Q(held_until=None) | Q(held_until__lte=now))
    open_to_them = free.exclude(answered_by__contains=[who]).exclude(skipped_by__contains=[who])
    ordered = open_to_them.annotate(
        answers=Func(F("answered_by"), function="cardinality", output_field=IntegerField())
    )
    # What somebody has answered is finished first: an agreement needs two on the same case.
    item = theirs.select_for_update().first() or (
        ordered.order_by("-answers", "number")
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )
    if item is not None:
        item.held_by, item.held_until = who, now + HELD_FOR
        item.save(update_fields=["held_by", "held_until"])
    return item


@transaction.atomic
def answer(item: QueueItem, *, who: object, passed: bool, note: str = "") -> Label:
    """Label the item's case; who has answered before thinks better of it.

    Raises ItemTaken, and LabelInvalid for a bad note.
    """
    name = str(who)
    held = _require_theirs(item, who=name)
    queue = Queue.objects.select_related("batch").get(pk=held.queue_id)
    place = label.Labelled(queue.batch_id, held.revision_id, held.repetition)
    made = label.put(
        place,
        passed=passed,
        note=note,
        stage=queue.stage,
        author=who,
        source=LabelSource.QUEUE,
        is_blind=queue.is_blind,
        is_drawn=queue.is_drawn,
    )
    if name not in held.answered_by:
        held.answered_by.append(name)
    if len(held.answered_by) >= queue.wanted:
        held.done_at = held.done_at or timezone.now()
    _let_go(held)
    return made


@transaction.atomic
def skip(item: QueueItem, *, who: object) -> None:
    """Leave the case to others; they are not asked about it again. Raises ItemTaken."""
    held = _require_theirs(item, who=str(who))
    if str(who) not in held.skipped_by:
        held.skipped_by.append(str(who))
    _let_go(held)


def _require_theirs(item: QueueItem, *, who: str) -> QueueItem:
    """Lock the item; whose hold has run out may still answer if nobody else has taken it."""
    held = QueueItem.objects.select_for_update().get(pk=item.pk)
    taken = held.held_by not in ("", who) and (held.held_until or timezone.now()) > timezone.now()
    if taken:
        raise ItemTaken(f"{held.held_by} has it open")
    if held.done_at is not None and who not in held.answered_by:
        raise ItemTaken("enough people have answered")
    return held


def _let_go(item: QueueItem) -> None:
    item.held_by, item.held_until = "", None
    item.save()
