"""Judge the stages of one step for the cases of one chunk, with no transaction open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import lru_cache
from uuid import UUID

import orjson

from evalsite.batches.lease import Claim, renew
from evalsite.batches.models import Batch
from evalsite.errors import EvalsiteError
from evalsite.scoring.answer import recorded
from evalsite.scoring.fold import fold
from evalsite.scoring.write import Row
from evalsite.trust.configuration import PLACES
from packs.evaluator import Evaluator
from packs.prepare import prepare


class ManifestChanged(EvalsiteError):
    """This worker's pack or judges are of another version than the batch was planned with."""

    code = "manifest_changed"
    hint = "start a new batch: half of one may not be judged otherwise than the other half"


def judge(claim: Claim, *, lease_seconds: float) -> Iterator[Row]:
    """Yield a scorecard per case and repetition, renewing the lease in time.

    Raises LeaseLost as soon as the chunk belongs to somebody else, and ManifestChanged.
    """
    evaluator = evaluator_of(claim.batch_id)
    renew_at = time.monotonic() + lease_seconds / 3
    for answered in recorded(claim):
        yield fold(evaluator, answered, stages=claim.stages)
        if time.monotonic() > renew_at:
            renew(claim, seconds=lease_seconds)
            renew_at = time.monotonic() + lease_seconds / 3


@lru_cache(maxsize=32)
def evaluator_of(batch_id: UUID) -> Evaluator:
    """Prepare the pack of a batch once per process: its manifest never changes.

    Raises ManifestChanged.
    """
    pack, options, frozen = Batch.objects.values_list("pack", "options", "manifest").get(
        pk=batch_id
    )
    evaluator = prepare(pack, options)
    frozen.pop(PLACES, None)  # an endpoint is the tenant's to move
    if orjson.loads(orjson.dumps(evaluator.manifest())) != frozen:
        raise ManifestChanged(f"pack {pack!r} or a judge of it is not what batch {batch_id} froze")
    return evaluator
