"""Say of a scorecard that is not there whether a policy took it, when, and which.

A purge keeps no id of a scorecard. But an id tells when it was made, and a batch when it ran.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from evalsite.batches.marks import purged
from evalsite.batches.models import Batch
from evalsite.errors import EvalsiteError
from evalsite.retention.models import Kind, Purge, Receipt

# Of a clock of a worker against that of the database.
_APART: Final = timedelta(minutes=1)
_MOST: Final = 3
_ROUNDS: Final = 200


class ScorecardPurged(EvalsiteError):
    """The scorecards of the time that an id is of were purged by the tenant's policy."""

    code = "scorecard_purged"
    hint = "the batch's page has its figures, which a purge keeps"
    exit_code = 2
    http_status = 410


def why_gone(card_id: UUID) -> ScorecardPurged | None:
    """Answer what took the scorecard that had this id; None where nothing did: there was none."""
    if card_id.version != 7:
        return None
    at = _made_at(card_id)
    ran = Batch.objects.filter(created_at__lte=at + _APART, cards_purged_at__isnull=False)
    ran = ran.filter(Q(finished_at__gte=at - _APART) | Q(finished_at__isnull=True))
    found = list(ran.select_related("suite", "run").order_by("-created_at", "-pk")[:_MOST])
    if not found:
        return None
    rounds = _rounds()
    told = "; ".join(f"{_named(batch)}, {_taken(batch, rounds)}" for batch in found)
    what = f"no scorecard has this id any more; it is of {at:%Y-%m-%d %H:%M} UTC, when a batch ran"
    return ScorecardPurged(f"{what} whose scorecards are gone: {told}")


def _named(batch: Batch) -> str:
    return f"batch {batch.pk} of {batch.suite} / {batch.run}"


def _taken(batch: Batch, rounds: Sequence[Receipt | Purge]) -> str:
    """Say when, and by which policy, as it was when the round began that did it."""
    for one in rounds:
        if batch.cards_purged_at is not None and one.started_at <= batch.cards_purged_at:
            days = (one.started_at - one.cutoff).days
            return f"{purged(batch)} by the policy that keeps scorecards for {days} days"
    return f"{purged(batch)} by the tenant's policy"


def _rounds() -> Sequence[Receipt | Purge]:
    """Answer the rounds that took scorecards, the newest first."""
    done = Receipt.objects.filter(kind=Kind.SCORECARDS).order_by("-started_at")[:_ROUNDS]
    return [*Purge.objects.filter(kind=Kind.SCORECARDS), *done]


def _made_at(card_id: UUID) -> datetime:
    """Read the milliseconds since 1970 that a UUID of version 7 begins with."""
    return datetime.fromtimestamp((card_id.int >> 80) / 1000, tz=UTC)
