"""Rows of retention and of long texts, for the tenant in scope; `tests.factories` has them too."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.utils import timezone

from evalsite.blobs.models import Blob
from evalsite.retention.models import Hold, Policy, Purge, Receipt


def make_blob(**fields: Any) -> Blob:
    """An empty content, under a hash that is not its own."""
    return Blob.objects.create(**{"sha256": uuid4().hex * 2, "size": 0, **fields})


def make_policy(**fields: Any) -> Policy:
    """All is kept for 30 days, and due to be looked at."""
    given = dict.fromkeys(("outputs", "judge_texts", "replies", "scorecards", "results"), 30)
    return Policy.objects.create(**{**given, "next_at": timezone.now(), **fields})


def make_hold(**fields: Any) -> Hold:
    """All is held."""
    return Hold.objects.create(**{"reason": "Case 7", **fields})


def make_purge(**fields: Any) -> Purge:
    """A purge that has just begun."""
    return Purge.objects.create(**{"kind": "outputs", "cutoff": timezone.now(), **fields})


def make_receipt(**fields: Any) -> Receipt:
    """Five outputs were purged."""
    times = {"cutoff": timezone.now(), "started_at": timezone.now()}
    given = {"kind": "outputs", "n": 5, "n_bytes": 500, "digest": "0" * 64}
    return Receipt.objects.create(**{**times, **given, **fields})
