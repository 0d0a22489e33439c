"""What follows from a batch's end: results, comparison, gate, shifts, alerts, ranking.

Facts are rows, and each of these reads rows and writes rows of its own. So one that breaks keeps
neither the batch open nor the others from being done: what it wrote is undone, and the audit trail
and whoever subscribed to failed batches hear of it.
"""

from __future__ import annotations

import json

from evalsite.alerts.notice import batch_closed, reactions_failed
from evalsite.audit.record import record
from evalsite.batches.models import Batch
from evalsite.experiments.record_batch import record_finished
from evalsite.leaderboard.stand import stand
from evalsite.pipeline import outbox
from evalsite.pipeline.hold_evaluated import hold_evaluated
from evalsite.pipeline.owe import tell
from evalsite.pipeline.try_twice import kind_of, try_twice
from evalsite.regressions.compare import compare
from evalsite.schedules.models import SAMPLED
from evalsite.trends.detect import detect
from judges.guard import Crash


def react(batch: Batch) -> list[str]:
    """Do all that follows from a finished batch; answers the names of what failed.

    Doing it again, as after a retry or a repair, replaces what was found and tells nothing twice.
    """
    compared = try_twice(compare, batch)
    comparison = None if isinstance(compared, Crash) else compared
    done = {
        "results": try_twice(record_finished, batch),
        "comparison": compared,
        "gate": try_twice(hold_evaluated, batch, comparison),
        "shifts": try_twice(detect, batch),
        "leaderboard": try_twice(_stand, batch),
    }
    tell(batch_closed, batch, comparison)
    failed = {name: each for name, each in done.items() if isinstance(each, Crash)}
    for name, crash in failed.items():
        raised = kind_of(crash)
        record("batch.reaction_failed", batch.pk, actor="worker", reaction=name, raised=raised)
    if failed:
        tell(reactions_failed, batch.pk, list(failed))
    return list(failed)


def _stand(batch: Batch) -> None:
    """A message for each batch, so that none is lost; those that find nothing new do nothing.

    A sample is of other cases each time, and ranks no system.
    """
    board = None if batch.run.client_type == SAMPLED else stand(batch)
    if board is not None:
        arguments = json.dumps({"board_id": str(board)})
        outbox.add("pipeline.rank_board", key=f"rank:{batch.pk}", arguments=arguments)
