"""Old batches, and a policy applied to them as the coordinator does it, in small pieces."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite
from evalsite.regressions.models import Comparison
from evalsite.regressions.report import as_json
from evalsite.retention.models import Policy
from evalsite.retention.purge_due import purge_due
from tests.summaries.filled import Card, make_filled, random_cards


def old_batch(suite: Suite, seed: int, *, n: int = 40, repetitions: int = 1) -> Batch:
    """A batch that was finished 100 days ago, of cases of every kind, eight documents' all."""
    cards = random_cards(seed, n=n, repetitions=repetitions)
    return old_batch_of(suite, [_of_document(card) for card in cards], repetitions=repetitions)


def old_batch_of(suite: Suite, cards: list[Card], **fields: Any) -> Batch:
    """A batch of these scorecards that was finished 100 days ago."""
    batch = make_filled(suite, cards, **fields)
    Batch.objects.filter(pk=batch.pk).update(finished_at=timezone.now() - timedelta(days=100))
    batch.refresh_from_db()
    return batch


def purge(rows: int = 7) -> int:
    """Apply the policy of the tenant in scope, to its end."""
    Policy.objects.update(next_at=timezone.now() - timedelta(seconds=1))
    return purge_due(seconds=60, rows=rows)


def told(comparison: Comparison) -> dict[str, Any]:
    """All that a comparison says, without the reasons that judges gave."""
    said = as_json(comparison)
    for case in said["worst_cases"]:
        for change in case["changes"]:
            del change["reason"]
    return said


def _of_document(card: Card) -> Card:
    number = int(card.key.removeprefix("case-"))
    return card._replace(case={**card.case, "metadata": {"document": f"d{number % 8}"}})
