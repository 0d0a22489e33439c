"""Apply a tenant's policy, a piece at a time: the coordinator calls this with each sweep.

It works as the app role with the tenant in scope, so that the wall between tenants holds for a
purge too. Each piece is one short transaction, which also writes how far the purge has come: one
that is killed goes on with the next call, and its receipt tells all of it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from evalsite.blobs.keep import GRACE
from evalsite.clock import database_now
from evalsite.env import load
from evalsite.retention.models import Kind, Policy, Purge, Receipt
from evalsite.retention.piece import ROWS, Taken
from evalsite.retention.take_blobs import take_blobs
from evalsite.retention.take_cards import take_cards, take_texts
from evalsite.retention.take_outputs import take_outputs
from evalsite.retention.take_rows import take_entries, take_replies, take_results

log = logging.getLogger(__name__)

# With each sweep; the rest of the time between two sweeps belongs to the others.
SECONDS: Final = 0.5
# No kind of a policy: what no row refers to is of no use to anybody.
BLOBS: Final = "blobs"
_PATIENCE: Final = "SET LOCAL lock_timeout = '500ms'"
_TAKE: Final[dict[str, Callable[..., Taken | None]]] = {
    Kind.OUTPUTS: take_outputs,
    Kind.JUDGE_TEXTS: take_texts,
    Kind.REPLIES: take_replies,
    Kind.SCORECARDS: take_cards,
    Kind.RESULTS: take_results,
    Kind.AUDIT: take_entries,
    BLOBS: take_blobs,
}
_ORDER: Final = list(_TAKE)


def purge_due(*, seconds: float = SECONDS, rows: int = ROWS) -> int:
    """Purge what is due of the tenant in scope for about so many seconds; answers how many rows.

    A row that somebody else holds makes it wait for the next call.
    """
    until, purged = time.monotonic() + seconds, 0
    try:
        while (n := _purge_piece(rows)) is not None:
            purged += n
            if time.monotonic() >= until:
                break
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
        log.info("the purge waits for the next sweep: %s", error)
    return purged


@transaction.atomic
def _purge_piece(rows: int) -> int | None:
    """Take one piece; answers its rows, or None where nothing is due."""
    with connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
    # Whoever places a hold or changes the policy waits for this piece, and no piece begins before.
    due = Policy.objects.select_for_update(skip_locked=True).filter(next_at__lte=Now())
    policy = due.first()
    if policy is None:
        return None
    under_way = sorted(Purge.objects.all(), key=lambda purge: _ORDER.index(purge.kind))
    under_way = under_way or _begin(policy)
    if not under_way:
        _end(policy)
        return None
    purge = under_way[0]
    taken = _TAKE[purge.kind](purge, rows=rows) if _is_wanted(purge, policy) else None
    if taken is not None:
        _note(purge, taken)
        return taken.n
    _close(purge)
    if len(under_way) == 1:
        _end(policy)
    return 0


def _begin(policy: Policy) -> list[Purge]:
    now = database_now()
    days = policy.days()
    begun = [Purge(kind=kind, cutoff=_cutoff(now, n)) for kind in Kind.values if (n := days[kind])]
    return Purge.objects.bulk_create([*begun, Purge(kind=BLOBS, cutoff=now - GRACE)])


def _end(policy: Policy) -> None:
    # By the database's clock, as it is looked for.
    policy.next_at = Now() + timedelta(seconds=load().retention_seconds)
    policy.save(update_fields=["next_at"])


def _is_wanted(purge: Purge, policy: Policy) -> bool:
    """The policy may have been changed meanwhile: what is to be kept longer is kept."""
    if purge.kind == BLOBS:
        return True
    days = policy.days()[purge.kind]
    return days is not None and purge.cutoff <= _cutoff(database_now(), days)


def _cutoff(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


def _note(purge: Purge, taken: Taken) -> None:
    purge.n += taken.n
    purge.n_bytes += taken.n_bytes
    purge.digest = digest_of(taken.ids, before=purge.digest)
    purge.save()


def digest_of(ids: Sequence[UUID], *, before: str = "") -> str:
    """Answer the digest of ids in order, after those that `before` is of."""
    digest = bytes.fromhex(before)
    for id in ids:
        digest = hashlib.sha256(digest + id.bytes).digest()
    return digest.hex()


def _close(purge: Purge) -> None:
    """Write the receipt of a purge that is through, if it found anything.

    Blobs have none: the rows that they were of have theirs.
    """
    if purge.n and purge.kind == BLOBS:
        log.info("swept %s blobs that no row referred to", purge.n)
    elif purge.n:
        Receipt.objects.create(
            kind=purge.kind,
            cutoff=purge.cutoff,
            n=purge.n,
            n_bytes=purge.n_bytes,
            digest=purge.digest,
            started_at=purge.started_at,
        )
    purge.delete()
