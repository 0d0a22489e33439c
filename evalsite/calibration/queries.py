"""Questions about labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.db import connection

from evalsite.batches.models import Batch
from evalsite.calibration.label import Labelled
from evalsite.calibration.models import Label, Queue
from evalsite.scoring.all_cards import ALL_CARDS
from evalsite.scoring.models import Scorecard

# The machine's status beside a label `l`, of a card `c`: of its stage, or overall.
MACHINE: Final = "CASE WHEN l.stage = '' THEN c.status ELSE c.stages->l.stage->>'status' END"
_OVERRULED: Final = """
    SELECT count(*) FROM calibration_label l JOIN {cards} c
        ON c.batch_id = l.batch_id AND c.revision_id = l.revision_id
        AND c.repetition = l.repetition
    WHERE l.batch_id = %(batch)s AND l.withdrawn_at IS NULL AND c.batch_id = %(batch)s
      AND {machine} = CASE WHEN l.passed THEN 'failed' ELSE 'passed' END
"""


def labels_of(card: Scorecard | Labelled) -> list[Label]:
    """Answer all labels of a card, withdrawn ones among them, the oldest first."""
    found = Label.objects.filter(
        batch=card.batch_id, revision=card.revision_id, repetition=card.repetition
    )
    return list(found.order_by("created_at", "pk"))


def overruled(batch: Batch | UUID) -> int:
    """Count the standing labels of a batch that differ from the machine's verdict.

    Where the machine gave none there is nothing to overrule.
    """
    batch_id = batch.pk if isinstance(batch, Batch) else batch
    with connection.cursor() as cursor:
        cursor.execute(_OVERRULED.format(cards=ALL_CARDS, machine=MACHINE), {"batch": batch_id})
        return int(cursor.fetchone()[0])


def labels_of_queue(queue: Queue) -> Iterator[Label]:
    """Yield all labels given in a queue, with their cases, in the order of the draw."""
    labels = Label.objects.filter(batch=queue.batch_id, stage=queue.stage, source="queue")
    places = {
        (item.revision_id, item.repetition): item.number for item in queue.items.order_by("number")
    }
    cards = labels.filter(revision__in={revision for revision, _ in places})
    found = cards.select_related("revision__case").order_by("created_at", "pk")
    known = [label for label in found if (label.revision_id, label.repetition) in places]
    yield from sorted(known, key=lambda label: places[label.revision_id, label.repetition])
