"""Look at a batch while it runs, as often as one likes: the interval holds at all looks together.

Rows are the truth: a look counts what is there, so that many workers may look, or none for a
while, and no case is counted twice.
"""

from __future__ import annotations

from collections import Counter
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from evalsite.batches.models import Batch, Chunk, ChunkState, Preflight
from evalsite.env import load
from evalsite.experiments.choices import Claim, ExperimentState, Group, Metric, Side
from evalsite.experiments.models import Arm, Experiment
from evalsite.experiments.queries import has_arm
from evalsite.experiments.settled import SETTLED_CASES
from evalsite.stats.estimates import ENOUGH_PAIRS
from evalsite.stats.sequence import Look
from evalsite.stats.sequence import look as look_at

# Differences are counted to so many digits: few distinct values make a look quick.
DIGITS: Final = 4
# A look at many cases costs more, so later ones come after a share more chunks.
RARER: Final = 1.05
_COLUMNS: Final = {
    Metric.SCORE: ("k.overall_score", "score"),
    Metric.SUCCESS: ("k.overall_passed::int", "success::int"),
}
_DIFFERENCES = """
    WITH now AS (
        SELECT t.key AS task, avg({now}) AS value
        FROM ({settled}) s JOIN cases_revision r ON r.id = s.revision_id
        JOIN cases_testcase t ON t.id = r.case_id
        JOIN scoring_scorecard k ON k.batch_id = %(batch)s AND k.revision_id = s.revision_id
        GROUP BY t.key
    ), before AS (
        SELECT task, avg({before}) AS value FROM experiments_result
        WHERE experiment_id = %(experiment)s AND "group" = 'baseline' AND version = %(against)s
        GROUP BY task
    )
    SELECT round((now.value - before.value)::numeric, %(digits)s)::float8, count(*)
    FROM now JOIN before USING (task) GROUP BY 1
"""


def look(batch_id: UUID) -> Arm | None:
    """Look at a batch if it is watched and a look is due; answers its arm, settled or not.

    None where there is nothing to look at, or another worker is looking.
    """
    if not has_arm(batch_id):
        return None
    watched = Arm.objects.filter(
        batch=batch_id,
        group=Group.VARIANT,
        experiment__peek_safe=True,
        experiment__state=ExperimentState.OPEN,
    ).select_related("experiment")
    # What an untrusted judge says is no evidence, so it stops nothing.
    watched = watched.exclude(batch__preflight=Preflight.UNTRUSTED)
    if not watched.exists():
        return None
    with transaction.atomic():
        arm = watched.select_for_update(skip_locked=True, of=("self",)).first()
        if arm is None or arm.settled:
            return arm
        n_done = Chunk.objects.filter(step__batch=batch_id, state=ChunkState.DONE).count()
        if n_done >= arm.next_look:
            _look(arm, n_done=n_done)
    return arm


def threshold_of(experiment: Experiment) -> float:
    """Answer what the gain is held against: the margin, below zero where it is a concession."""
    if experiment.claim == Claim.SUPERIORITY:
        return experiment.margin
    return -experiment.margin


def sequence_of(
    experiment: Experiment, counts: dict[float, int] | Counter[float], *, planned: int
) -> Look:
    """Answer what differences, given as value to how often, say at any time."""
    confidence = 1 - 2 * experiment.alpha
    threshold = threshold_of(experiment)
    return look_at(counts, planned=planned, threshold=threshold, confidence=confidence)


def _look(arm: Arm, *, n_done: int) -> None:
    counts = differences(arm)
    unscored = counts.pop(None, 0)
    pairs = {value: n for value, n in counts.items() if value is not None}
    seen = sequence_of(arm.experiment, pairs, planned=arm.batch.n_cases)
    arm.n_looks += 1
    arm.n_seen, arm.n_pairs = seen.n + unscored, seen.n
    arm.low, arm.high = seen.interval
    arm.next_look = max(n_done + 1, round(n_done * RARER))
    enough = seen.n >= ENOUGH_PAIRS and unscored <= load().unscored_limit * arm.n_seen
    if seen.settled and enough:
        arm.settled = Side(seen.settled)
        arm.settled_at = Now()
    arm.save()
    arm.refresh_from_db(fields=["settled_at"])


def differences(arm: Arm) -> dict[float | None, int]:
    """Count the settled cases by variant - baseline; None for those with a score missing."""
    batch = Batch.objects.only("repetitions").get(pk=arm.batch_id)
    now, before = _COLUMNS[Metric(arm.experiment.primary_metric)]
    sql = _DIFFERENCES.format(now=now, before=before, settled=SETTLED_CASES)
    values: dict[str, str | int | UUID] = {
        "batch": arm.batch_id,
        "repetitions": batch.repetitions,
        "experiment": arm.experiment_id,
        "against": arm.against,
        "digits": DIGITS,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return dict(cursor.fetchall())
