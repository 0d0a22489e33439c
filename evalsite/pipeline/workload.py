"""How much a planned batch's models will have to read."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection

from evalsite.batches.models import Batch
from evalsite.targets.models import EvalMode
from packs.forecast import BYTES_PER_TOKEN, TOKENS_OF_REPLY, Workload

# All that a model may read of a case, as the database writes JSON.
_SIZES = """
    SELECT coalesce(sum(octet_length(r.input::text)), 0),
           coalesce(sum(octet_length(r.expected::text)), 0),
           coalesce(sum(o.bytes), 0), coalesce(sum(o.n), 0)
    FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id
    CROSS JOIN LATERAL unnest(c.revisions) AS chosen (id)
    CROSS JOIN LATERAL (SELECT * FROM cases_revision WHERE id = chosen.id LIMIT 1) AS r
    CROSS JOIN LATERAL (
        SELECT sum(octet_length(answer::text)) AS bytes, count(answer) AS n FROM targets_output
        WHERE run_id = %(run)s AND case_id = r.case_id AND repetition < %(repetitions)s) AS o
    WHERE s.batch_id = %(batch)s
"""


class Sizes(NamedTuple):
    """Scorings (cases times repetitions), answers to be asked for, and UTF-8 bytes over all."""

    n: int
    missing: int
    inputs: int
    expected: int
    answers: int

    def judging(self) -> Workload:
        """What judges read: all of a case; answers that are not there yet are of usual length."""
        to_come = round(self.missing * TOKENS_OF_REPLY * BYTES_PER_TOKEN)
        return Workload(n=self.n, bytes_total=self.inputs + self.expected + self.answers + to_come)

    def answering(self) -> Workload:
        """What a live system reads: the inputs of what it has not answered."""
        share = self.missing / self.n if self.n else 0
        return Workload(n=self.missing, bytes_total=round(self.inputs * share))


def sizes_of(batch: Batch) -> Sizes:
    """Measure the cases of a batch's first step, and what its run has answered of them."""
    values: dict[str, Any] = {"batch": batch.pk, "run": batch.run_id, "repetitions": batch.repetitions}
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, values)
        inputs, expected, answers, answered = map(int, cursor.fetchone())
    n = batch.n_cases * batch.repetitions
    is_live = batch.run.eval_mode == EvalMode.LIVE
    return Sizes(
        n=n,
        missing=n - answered if is_live else 0,
        inputs=inputs * batch.repetitions,
        expected=expected * batch.repetitions,
        answers=answers,
    )
