"""How much a planned batch's models will have to read."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection

from evalsite.batches.models import Batch
from evalsite.targets.models import EvalMode
from packs.forecast import BYTES_PER_TOKEN, TOKENS_OF_REPLY, Workload

# All that a model may read of a case, as the database writes JSON; `times` is how often a judge
# may be asked about it, once for each alternative (see packs.alternatives).
_SIZES = """
    SELECT sum(c.input), sum(c.input + c.expected), sum(c.answers), sum(c.answered),
           sum(c.times), sum(c.times * (c.input + c.expected)), sum(c.times * c.answers)
    FROM (
        SELECT octet_length(r.input::text) AS input, octet_length(r.expected::text) AS expected,
               coalesce(o.bytes, 0) AS answers, o.n AS answered,
               CASE WHEN jsonb_typeof(r.expected -> 'alternatives') = 'array'
                    THEN 1 + jsonb_array_length(r.expected -> 'alternatives') ELSE 1 END AS times
        FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id
        CROSS JOIN LATERAL unnest(c.revisions) AS chosen (id)
        CROSS JOIN LATERAL (SELECT * FROM cases_revision WHERE id = chosen.id LIMIT 1) AS r
        CROSS JOIN LATERAL (
            SELECT sum(octet_length(answer::text)) AS bytes, count(answer) AS n
            FROM targets_output
            WHERE run_id = %(run)s AND case_id = r.case_id AND repetition < %(repetitions)s) AS o
        WHERE s.batch_id = %(batch)s
    ) AS c
"""


class Sizes(NamedTuple):
    """Scorings (cases times repetitions), answers to be asked for, and what there is to read."""

    missing: int
    inputs: int
    judging: Workload

    def answering(self) -> Workload:
        """What a live system reads: the inputs of what it has not answered."""
        share = self.missing / self.judging.n if self.judging.n else 0
        return Workload(n=self.missing, bytes_total=round(self.inputs * share))


def sizes_of(batch: Batch) -> Sizes:
    """Measure the cases of a batch's first step, and what its run has answered of them."""
    k = batch.repetitions
    values: dict[str, Any] = {"batch": batch.pk, "run": batch.run_id, "repetitions": k}
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, values)
        inputs, cases, answers, answered, *most = map(int, cursor.fetchone())
    n_most, cases_most, answers_most = most
    n = batch.n_cases * k
    missing = n - answered if batch.run.eval_mode == EvalMode.LIVE else 0
    # Answers that are not there yet are of usual length.
    to_come = round(missing * TOKENS_OF_REPLY * BYTES_PER_TOKEN)
    judging = Workload(
        n=n,
        bytes_total=cases * k + answers + to_come,
        n_at_most=n_most * k,
        bytes_at_most=cases_most * k + answers_most + to_come * n_most // batch.n_cases,
    )
    return Sizes(missing=missing, inputs=inputs * k, judging=judging)
