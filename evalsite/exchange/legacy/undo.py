"""Take away what an import brought, as far as nothing else rests on it.

The app's role may not delete history, so this works as `evalsite_maint`, which sees every tenant:
each statement here names the tenant itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connections, transaction

from evalsite.audit.models import Entry
from evalsite.audit.record import record
from evalsite.exchange.legacy.card_batch import TARGET
from evalsite.exchange.legacy.migrate import ACTOR, batches_of
from evalsite.exchange.models import LegacyImport
from evalsite.targets.models import Target
from evalsite.tenants.scope import require

_MAINT: Final = "maint"
_PIECE: Final = 500
_BATCHES: Final = (
    "DELETE FROM summaries_summary WHERE tenant_id = %(tenant)s AND batch_id = ANY (%(ids)s)",
    "DELETE FROM scoring_scorecard WHERE tenant_id = %(tenant)s AND batch_id = ANY (%(ids)s)",
    "DELETE FROM batches_batch WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s)",
)
_RUNS: Final = ("DELETE FROM targets_run WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s)",)
_TARGET: Final = ("DELETE FROM targets_target WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s)",)
_CASES: Final = (
    "DELETE FROM cases_revision WHERE tenant_id = %(tenant)s AND case_id = ANY (%(ids)s)",
    "DELETE FROM cases_testcase WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s)",
)
_IMPORT: Final = (
    "DELETE FROM exchange_legacyimport WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s)",
)
_SUITE: Final = ("DELETE FROM cases_suite WHERE tenant_id = %(tenant)s AND id = ANY (%(ids)s)",)
# A case that somebody edited since is theirs too.
_ONLY_OURS: Final = """
    SELECT t.id, t.key FROM cases_testcase t
    WHERE t.tenant_id = %(tenant)s AND t.suite_id = %(suite)s AND NOT EXISTS (
        SELECT 1 FROM cases_revision r
        WHERE r.tenant_id = %(tenant)s AND r.case_id = t.id AND r.author <> %(author)s)
    ORDER BY t.key
"""
_LEFT: Final = """
    SELECT count(*) FROM cases_testcase t
    JOIN cases_revision r ON r.tenant_id = %(tenant)s AND r.case_id = t.id AND r.number = 1
    WHERE t.tenant_id = %(tenant)s AND t.suite_id = %(suite)s AND r.author = %(author)s
"""


@dataclass(kw_only=True)
class Undone:
    """How many of each went, and how many stay because something rests on them."""

    removed: dict[str, int] = field(default_factory=dict)
    stays: dict[str, int] = field(default_factory=dict)

    def note(self, kind: str, *, removed: int, stays: int) -> None:
        """Write down what became of one kind."""
        self.removed[kind] = removed
        if stays:
            self.stays[kind] = stays


def undo(job: LegacyImport) -> Undone:
    """Remove batches, cases and suite of an import; in one transaction, and recorded."""
    done = Undone()
    batches = batches_of(job)
    with transaction.atomic(using=_MAINT):
        gone = _remove([batch.pk for batch in batches], _BATCHES)
        done.note("batches", removed=len(gone), stays=len(batches) - len(gone))
        runs = [batch.run_id for batch in batches if batch.pk in gone]
        went = _remove(runs, _RUNS)
        done.note("runs", removed=len(went), stays=len(runs) - len(went))
        done.note("targets", removed=len(_remove(_own_target(), _TARGET)), stays=0)
        _remove_cases(job, done)
        _remove_suite(job, done)
    record("legacy.undone", job.source, actor=ACTOR, removed=done.removed, stays=done.stays)
    return done


def _own_target() -> list[UUID]:
    """Answer the target of the old runs, if an import made it."""
    made = {"target": TARGET, "new_target": True}
    ours = Entry.objects.filter(action="run.added", actor=ACTOR, details__contains=made).exists()
    return list(Target.objects.filter(name=TARGET).values_list("pk", flat=True)) if ours else []


def _remove_cases(job: LegacyImport, done: Undone) -> None:
    values: dict[str, Any] = {"tenant": require(), "suite": job.suite_id, "author": ACTOR}
    with connections[_MAINT].cursor() as cursor:
        cursor.execute(_ONLY_OURS, values)
        ids = [id for id, _ in cursor.fetchall()]
    pieces = (ids[start : start + _PIECE] for start in range(0, len(ids), _PIECE))
    removed = sum(len(_remove(piece, _CASES)) for piece in pieces)
    with connections[_MAINT].cursor() as cursor:
        cursor.execute(_LEFT, values)
        (left,) = cursor.fetchone()
    done.note("cases", removed=removed, stays=left)


def _remove_suite(job: LegacyImport, done: Undone) -> None:
    """Forget the import when all of it is gone; take its suite too if it made it."""
    if done.stays:
        done.note("suites", removed=0, stays=int(job.made_suite))
        return
    _remove([job.pk], _IMPORT)
    if job.made_suite:
        removed = len(_remove([job.suite_id], _SUITE))
        done.note("suites", removed=removed, stays=1 - removed)


def _remove(ids: Sequence[UUID], statements: Iterable[str]) -> set[UUID]:
    """Delete these rows, in halves where some are referred to; answer which are gone."""
    if not ids:
        return set()
    try:
        with transaction.atomic(using=_MAINT), connections[_MAINT].cursor() as cursor:
            values: dict[str, Any] = {"tenant": require(), "ids": list(ids)}
            for statement in statements:
                cursor.execute(statement, values)
            # References are checked here, not at commit, where nothing could be saved.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except IntegrityError:
        if len(ids) == 1:
            return set()
        middle = len(ids) // 2
        return _remove(ids[:middle], statements) | _remove(ids[middle:], statements)
    return set(ids)
