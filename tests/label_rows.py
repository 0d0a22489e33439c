"""Rows of labels and their queues, for the tenant in scope; parents are `tests.factories`'."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from evalsite.calibration.models import Label, Queue, QueueItem


def make_label(**fields: Any) -> Label:
    """A person says that a case failed."""
    return Label.objects.create(
        **{"passed": False, "author": "ann", "source": "override", **_with_parents(fields)}
    )


def make_queue(**fields: Any) -> Queue:
    """A queue of one case, without items."""
    from tests.factories import make_batch

    fields["batch"] = fields.get("batch") or make_batch()
    given = {"name": f"queue-{uuid4().hex[:8]}", "size": 1, "seed": 7}
    return Queue.objects.create(**{**given, **fields})


def make_queue_item(**fields: Any) -> QueueItem:
    """A case that nobody was asked about so far."""
    from tests.factories import make_revision

    fields["queue"] = fields.get("queue") or make_queue()
    fields["revision"] = fields.get("revision") or make_revision()
    return QueueItem.objects.create(**{"number": 0, **fields})


def _with_parents(fields: dict[str, Any]) -> dict[str, Any]:
    from tests.factories import make_batch, make_revision

    fields["batch"] = fields.get("batch") or make_batch()
    fields["revision"] = fields.get("revision") or make_revision()
    return fields
