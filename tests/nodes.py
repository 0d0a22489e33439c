"""Worker nodes as their heartbeats would have written them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from evalsite.pipeline import beat
from evalsite.pipeline.models import WorkerNode


def make_node(
    name: str, *, queues: list[str], slots: int = 2, seen: float = 0, version: str = ""
) -> WorkerNode:
    """A worker that was heard of `seen` seconds ago."""
    at = timezone.now() - timedelta(seconds=seen)
    return WorkerNode.objects.create(
        boot_id=uuid4().hex,
        name=name,
        host="here",
        queues=queues,
        slots=slots,
        version=version or beat.version(),
        started_at=at,
        last_seen=at,
    )
