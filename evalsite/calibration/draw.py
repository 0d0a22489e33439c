"""Make a queue: draw cases of a batch once, so that everybody is asked about the same ones."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Concat

from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.calibration.models import Queue, QueueItem
from evalsite.errors import UsageError
from evalsite.scoring.models import Scorecard

STATUSES = ("passed", "failed", "unscored", "errored")
KINDS = ("tag", "category", "complexity")
_SEEDS = 2**31


class QueueInvalid(UsageError):
    """That cannot be a queue."""

    code = "queue_invalid"
    hint = "docs/calibration.md tells the fields"


class QueueEmpty(UsageError):
    """No scorecard of the batch fits."""

    code = "queue_empty"
    hint = "loosen status or slice; scorecards that were purged cannot be drawn any more"


def draw(
    batch: Batch,
    *,
    name: str,
    size: int,
    stage: str = "",
    status: str = "",
    slice_kind: str = "",
    slice_value: str = "",
    seed: int | None = None,
    wanted: int = 1,
    is_blind: bool = True,
    actor: object = "",
) -> Queue:
    """Draw `size` scorecards that fit, or all where there are fewer, and make them a queue.

    `status` is the machine's of the stage asked about, or overall. Without a `seed` one is drawn.
    Audited. Raises QueueInvalid and QueueEmpty.
    """
    queue = Queue(
        name=name.strip(),
        batch=batch,
        stage=stage,
        status=status,
        slice_kind=slice_kind,
        slice_value=slice_value.strip(),
        size=size,
        seed=secrets.randbelow(_SEEDS) if seed is None else seed,
        wanted=wanted,
        is_blind=is_blind,
        created_by=str(actor)[:200],
    )
    _require_valid(queue)
    with transaction.atomic():
        _save(queue)
        drawn = list(_drawn(queue))
        if not drawn:
            raise QueueEmpty("no scorecard of the batch fits the filter")
        QueueItem.objects.bulk_create(
            QueueItem(queue=queue, number=place, revision_id=revision, repetition=repetition)
            for place, (revision, repetition) in enumerate(drawn, start=1)
        )
        about = {"batch": str(batch.pk), "stage": stage, "items": len(drawn)}
        record("queue.drawn", queue, actor=actor, **about)
    return queue


def _save(queue: Queue) -> None:
    try:
        with transaction.atomic():
            queue.save(force_insert=True)
    except IntegrityError:
        raise QueueInvalid(f"there is a queue {queue.name!r} already") from None


def _drawn(queue: Queue) -> QuerySet[Scorecard, Any]:
    """Answer (revision, repetition) in an order of chance that the seed fixes."""
    cards = Scorecard.objects.filter(batch=queue.batch_id)
    if queue.status and queue.stage:
        cards = cards.filter(stages__contains={queue.stage: {"status": queue.status}})
    elif queue.status:
        cards = cards.filter(status=queue.status)
    if queue.slice_kind == "tag":
        cards = cards.filter(revision__tags__contains=[queue.slice_value])
    elif queue.slice_kind:
        cards = cards.filter(**{f"revision__{queue.slice_kind}": queue.slice_value})
    place = (Value(f"{queue.seed}:"), Cast("revision_id", TextField()), Value(":"))
    drawn = MD5(Concat(*place, Cast("repetition", TextField()), output_field=TextField()))
    shuffled = cards.annotate(place=drawn).order_by("place", F("revision_id"))
    return shuffled.values_list("revision_id", "repetition")[: queue.size]


def _require_valid(queue: Queue) -> None:
    stages = [known["name"] for known in queue.batch.manifest["stages"]]
    if queue.stage and queue.stage not in stages:
        raise QueueInvalid(f"the batch has no stage {queue.stage!r:.60}: {', '.join(stages)}")
    if queue.status not in ("", *STATUSES):
        raise QueueInvalid(f"{queue.status!r:.60} is none of {', '.join(STATUSES)}")
    if queue.slice_kind not in ("", *KINDS) or bool(queue.slice_kind) != bool(queue.slice_value):
        raise QueueInvalid(f"a slice has a kind ({', '.join(KINDS)}) and a value, or neither")
    try:
        queue.clean_fields(exclude=["batch"])
    except ValidationError as error:
        told = "; ".join(f"{k}: {' '.join(v)}" for k, v in error.message_dict.items())
        raise QueueInvalid(told) from None
