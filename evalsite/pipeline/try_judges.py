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

from evalsite.alerts.notice import judges_tried
from evalsite.audit.record import record
from evalsite.batches.lease import Claim, renew
from evalsite.batches.models import Batch, Preflight
from evalsite.batches.purse import BatchLedger
from evalsite.calls.ask import asking
from evalsite.calls.desk import Desk
from evalsite.calls.interrupt import Interrupted
from evalsite.calls.memory import Memory
from evalsite.calls.purse import Purse
from evalsite.env import load
from evalsite.pipeline.owe import tell
from evalsite.quotas.month import Month
from evalsite.trust.configuration import configuration_of
from evalsite.trust.queries import fresh_trust
from evalsite.trust.record import in_words, record_trust
from evalsite.trust.trial import stages_to_try, try_judge
from judges.guard import Crash, attempt_later
from judges.models import calling
from judges.preflight import Preflight as JudgePreflight

T = TypeVar("T")

# Within the task's time limit, with the chunk's own time after it.
LONGEST_WAIT, LONGEST_TRIAL = 40.0, 60.0
LOOK_SECONDS = 0.3
_IS_DUE = "SELECT EXISTS (SELECT FROM batches_batch WHERE id = %s AND preflight = 'due')"
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 3))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 3))"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one stage's judge, and in words why."""

    verdict: Preflight
    note: str


def judges_are_tried(claim: Claim, *, desk: Desk) -> bool:
    """Try the batch's judges unless that is done; answers whether the chunk may begin now.

    It may not while another worker still tries them, nor when that took us so long that the chunk
    would outlast its task: then it waits for a task of its own.
    Raises LeaseLost, and Halt where no call may be made: the judges are then tried when the batch
    goes on.
    """
    over = time.monotonic() + LONGEST_WAIT
    while _is_due(claim.batch_id):
        with _alone(claim.batch_id) as alone:
            if alone and _is_due(claim.batch_id):
                _settle(claim.batch_id, _try_all(claim, desk))
        if time.monotonic() > over:
            return False
        if not alone:
            renew(claim, seconds=load().lease_seconds)
            time.sleep(LOOK_SECONDS)
    return True


def _is_due(batch_id: UUID) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_DUE, [batch_id])
        return bool(cursor.fetchone()[0])


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
    configuration = configuration_of(stage)
    trust = fresh_trust(configuration, days=load().preflight_days)
    if trust is None:
        found = _ask(stage, claim=claim, desk=desk)
        if isinstance(found, Crash):
            note = f"judge {stage['judge']} could not be tried: {found.code}"
            return Finding(Preflight.NOT_CHECKED, note)
        trust = record_trust(configuration, found)
    verdict = Preflight.TRUSTED if trust.is_trusted else Preflight.UNTRUSTED
    return Finding(verdict, in_words(trust))


def _ask(stage: Mapping[str, Any], *, claim: Claim, desk: Desk) -> JudgePreflight | Crash:
    """Try the judge on the batch's account: what its calls cost counts, whatever comes of them."""
    month = Month.current()
    ledger = BatchLedger(claim.batch_id, month=month)
    capped = Batch.objects.filter(pk=claim.batch_id, max_cost_usd__isnull=False).exists()
    purse = Purse(ledger, desk=desk, capped=capped or month.is_capped)
    # A reply from before would say how the judge was then.
    memory = Memory(desk, look=False, note=False)

    async def main() -> JudgePreflight | Crash:
        async with asking(desk, batch_id=claim.batch_id, memory=memory, purse=purse) as asker:
            with calling(asker):
                trial = asyncio.wait_for(try_judge(stage), LONGEST_TRIAL)
                return await _while_renewing(attempt_later(trial), claim=claim, desk=desk)

    try:
        return desk.run(main)
    except Interrupted as interrupted:
        raise interrupted.__cause__ or interrupted from None
    finally:
        ledger.settle(purse.take())


async def _while_renewing(work: Awaitable[T], *, claim: Claim, desk: Desk) -> T:
    """Wait for the work, and keep the chunk meanwhile; raises LeaseLost when it is gone."""
    seconds = load().lease_seconds
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
            tell(judges_tried, batch_id)
