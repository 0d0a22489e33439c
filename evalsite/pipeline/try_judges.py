"""Try a batch's judges before they judge its first case: one worker does, the others wait."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, transaction

from evalsite.audit.record import record
from evalsite.batches.lease import Claim, renew
from evalsite.batches.models import Batch, Preflight
from evalsite.calls.desk import Desk
from evalsite.env import load
from evalsite.trust.configuration import configuration_of
from evalsite.trust.queries import fresh_trust
from evalsite.trust.record import in_words, record_trust
from evalsite.trust.trial import stages_to_try, try_judge
from judges.guard import Crash, attempt_later

T = TypeVar("T")

# Within the task's time limit, with the chunk's own time after it.
LONGEST_WAIT, LONGEST_TRIAL = 40.0, 60.0
LOOK_SECONDS = 0.3
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 3))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 3))"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one stage's judge, and in words why."""

    verdict: Preflight
    note: str


def judges_are_tried(claim: Claim, *, desk: Desk) -> bool:
    """Try the batch's judges unless that is done; answers False when another still is at it.

    The judges ask the present caller (judges.models.calling). Raises LeaseLost, and Halt where no
    call may be made: the judges are then tried when the batch goes on.
    """
    over = time.monotonic() + LONGEST_WAIT
    while _is_due(claim.batch_id):
        with _alone(claim.batch_id) as alone:
            if alone and _is_due(claim.batch_id):
                _settle(claim.batch_id, _try_all(claim, desk))
        if alone:
            break
        if time.monotonic() > over:
            return False
        renew(claim, seconds=load().lease_seconds)
        time.sleep(LOOK_SECONDS)
    return True


def _is_due(batch_id: UUID) -> bool:
    return Batch.objects.filter(pk=batch_id, preflight=Preflight.DUE).exists()


@contextmanager
def _alone(batch_id: UUID) -> Iterator[bool]:
    """Hold the batch's lock, if nobody else does; it ends with the session of a killed worker."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [str(batch_id)])
        (held,) = cursor.fetchone()
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute(_UNLOCK, [str(batch_id)])


def _try_all(claim: Claim, desk: Desk) -> list[Finding]:
    manifest = Batch.objects.values_list("manifest", flat=True).get(pk=claim.batch_id)
    return [_try_one(stage, claim=claim, desk=desk) for stage in stages_to_try(manifest)]


def _try_one(stage: Mapping[str, Any], *, claim: Claim, desk: Desk) -> Finding:
    env = load()
    configuration = configuration_of(stage)
    trust = fresh_trust(configuration, days=env.preflight_days)
    if trust is None:
        found = desk.run(
            lambda: _while_renewing(
                attempt_later(asyncio.wait_for(try_judge(stage), LONGEST_TRIAL)),
                claim=claim,
                desk=desk,
                seconds=env.lease_seconds,
            )
        )
        if isinstance(found, Crash):
            note = f"judge {stage['judge']} could not be tried: {found.code}"
            return Finding(Preflight.NOT_CHECKED, note)
        trust = record_trust(configuration, found)
    verdict = Preflight.TRUSTED if trust.is_trusted else Preflight.UNTRUSTED
    return Finding(verdict, in_words(trust))


async def _while_renewing(work: Awaitable[T], *, claim: Claim, desk: Desk, seconds: float) -> T:
    """Wait for the work, and keep the chunk meanwhile; raises LeaseLost when it is gone."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=seconds / 3))[0]:
            await desk.do(lambda: renew(claim, seconds=seconds))
    finally:
        task.cancel()
    return task.result()


def _settle(batch_id: UUID, findings: list[Finding]) -> None:
    """Write the gravest finding to the batch, once, with the notes of all; audited."""
    gravest = (Preflight.UNTRUSTED, Preflight.NOT_CHECKED, Preflight.TRUSTED)
    verdict = min((finding.verdict for finding in findings), key=gravest.index)
    notes = [finding.note for finding in findings]
    due = Batch.objects.filter(pk=batch_id, preflight=Preflight.DUE)
    with transaction.atomic():
        if due.update(preflight=verdict, preflight_notes=notes):
            record(f"batch.judges_{verdict}", batch_id, actor="worker", notes=notes)
