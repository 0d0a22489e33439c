"""Which batch another is compared with.

By default: the batch that a person pinned for the suite, target and client type, else the newest
finished batch before this one of the same suite, pack, target and client type. Among these one
that scored the same selection of cases, or the whole suite, goes before any that did not: a
quick try of ten cases is no baseline for the whole. Of those again one that proves something goes
before any that does not: behind an evening of failing judges a regression would stay unseen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from evalsite.batches.models import Batch, BatchState
from evalsite.batches.queries import BatchUnknown, find_batch
from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.regressions.models import ChosenBy

Choice = tuple[Batch, ChosenBy]

SHORTEST_COMMIT: Final = 4

# A pin for the client type goes before one for any; one that cannot be used is no pin.
_PINNED: Final = """
    SELECT b.id FROM regressions_baseline p JOIN batches_batch b ON b.id = p.batch_id
    WHERE p.suite_id = %(suite)s AND p.target_id = %(target)s
      AND p.client_type IN (%(client_type)s, '')
      AND b.state = 'finished' AND b.pack = %(pack)s AND b.id <> %(batch)s
    ORDER BY p.client_type DESC LIMIT 1
"""
# Last of those of its kind come the hollow ones: whatever is compared with such a batch is
# inconclusive, see `compare`.
_PREVIOUS: Final = """
    SELECT b.id FROM batches_batch b JOIN targets_run r ON r.id = b.run_id
    WHERE b.suite_id = %(suite)s AND r.target_id = %(target)s AND r.client_type = %(client_type)s
      AND b.state = 'finished' AND b.pack = %(pack)s AND b.id <> %(batch)s
      AND b.created_at < %(created_at)s
    ORDER BY b.selection NOT IN (%(selection)s::jsonb, '{}'),
        b.preflight = 'untrusted' OR EXISTS (
            SELECT FROM summaries_summary s WHERE s.batch_id = b.id AND s.slice_kind = 'all'
            AND s.unscored + s.errored > s.n * %(unscored_limit)s),
        b.created_at DESC, b.id DESC
    LIMIT 1
"""


class BaselineUnknown(EvalsiteError):
    """No finished batch is what was asked for as a baseline."""

    code = "baseline_unknown"
    hint = "name a batch id, previous, pinned, version:V or commit:C; listbatches shows batches"
    exit_code = 2
    http_status = 422


class BaselineMissing(BaselineUnknown):
    """No baseline was asked for, and none is due: nothing was finished before."""

    http_status = 409


def choose_baseline(batch: Batch) -> Choice | None:
    """Answer the batch due as this one's baseline, or None where there is none."""
    return _pinned(batch) or _previous(batch)


def baseline_for(batch: Batch, text: str = "") -> Choice:
    """Answer the batch that a text names as this one's baseline, or without a text the one due.

    Raises BaselineUnknown.
    """
    choice = resolve_baseline(batch, text) if text else choose_baseline(batch)
    if choice is None:
        raise BaselineMissing(f"there is no batch before {batch.pk} to compare with")
    return choice


def resolve_baseline(batch: Batch, text: str) -> Choice:
    """Answer the batch that a text names as this one's baseline; raises BaselineUnknown.

    `text` is a batch id or how it begins, `previous`, `pinned`, `version:V` (the newest finished
    batch of that client version) or `commit:C` (of that commit, the first 4 characters or more).
    """
    kind, _, rest = text.strip().partition(":")
    ways: dict[str, Callable[[], Choice | None]] = {
        "previous": lambda: _previous(batch),
        "pinned": lambda: _pinned(batch),
        "version": lambda: _by_version(batch, rest),
        "commit": lambda: _by_commit(batch, rest),
    }
    found = ways[kind]() if kind in ways else _named(text.strip())
    if found is None:
        if kind == "pinned":
            raise BaselineUnknown("no finished batch is pinned for this suite and target")
        raise BaselineUnknown(f"there is no finished batch {text!r:.120} to compare with")
    if found[0].pk == batch.pk:
        raise BaselineUnknown("a batch cannot be compared with itself")
    return found


def _pinned(batch: Batch) -> Choice | None:
    return _asked(_PINNED, batch, by=ChosenBy.PINNED)


def _previous(batch: Batch) -> Choice | None:
    return _asked(_PREVIOUS, batch, by=ChosenBy.PREVIOUS)


def _asked(sql: str, batch: Batch, *, by: ChosenBy) -> Choice | None:
    values: dict[str, UUID | str | datetime | float] = {
        "batch": batch.pk,
        "suite": batch.suite_id,
        "pack": batch.pack,
        "target": batch.run.target_id,
        "client_type": batch.run.client_type,
        "created_at": batch.created_at,
        "selection": json.dumps(batch.selection),
        "unscored_limit": load().unscored_limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row: tuple[UUID] | None = cursor.fetchone()
    return _first(_finished().filter(pk=row[0]), by) if row else None


def _by_version(batch: Batch, version: str) -> Choice | None:
    found = _alike(batch).filter(run__client_version=version) if version else Batch.objects.none()
    return _first(found.order_by("-created_at", "-pk"), ChosenBy.VERSION)


def _by_commit(batch: Batch, commit: str) -> Choice | None:
    if len(commit) < SHORTEST_COMMIT:
        raise BaselineUnknown(f"commit {commit!r} is shorter than {SHORTEST_COMMIT} characters")
    found = _alike(batch).filter(run__commit__startswith=commit)
    if len(set(found.values_list("run__commit", flat=True))) > 1:
        raise BaselineUnknown(f"several commits begin with {commit!r:.80}")
    return _first(found.order_by("-created_at", "-pk"), ChosenBy.COMMIT)


def _named(text: str) -> Choice | None:
    try:
        named = find_batch(text) if text else None
    except BatchUnknown as error:
        raise BaselineUnknown(error.message) from None
    return _first(_finished().filter(pk=named.pk), ChosenBy.NAMED) if named else None


def _alike(batch: Batch) -> QuerySet[Batch]:
    found = _finished().exclude(pk=batch.pk)
    return found.filter(
        suite=batch.suite_id,
        pack=batch.pack,
        run__target=batch.run.target_id,
        run__client_type=batch.run.client_type,
    )


def _finished() -> QuerySet[Batch]:
    return Batch.objects.filter(state=BatchState.FINISHED).select_related("run__target", "suite")


def _first(found: QuerySet[Batch], by: ChosenBy) -> Choice | None:
    batch = found.first()
    return None if batch is None else (batch, by)
