"""Cut a chunk that has killed its workers, so that only the guilty case errs in the end.

Twice may be chance. From then on each death cuts what it met into pieces, which have the whole's
attempts behind them: of 5,000 cases the third death leaves 250 suspects, the fourth 13, and with
the fifth, the last of MAX_ATTEMPTS by default, one case is given up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import connection

_DEATHS: Final = 2
_PIECES: Final = 20

# The first piece stays in the chunk. What a worker has flushed before it died counts in its piece.
_CUT: Final = """
    WITH whole AS (
        SELECT c.id, c.step_id, c.revisions, c.attempt,
               (c.n_cases + %(pieces)s - 1) / %(pieces)s AS size,
               s.batch_id, s.round, s.stages::text[] AS stages
        FROM batches_chunk c JOIN batches_step s ON s.id = c.step_id
        WHERE c.id = ANY (%(chunks)s) AND c.state = 'pending' AND c.attempt >= %(deaths)s
          AND c.n_cases > 1 AND cardinality(s.stages) > 0
        FOR UPDATE OF c
    ), piece AS (
        SELECT w.id, w.step_id, w.attempt, (place - 1) / w.size AS part,
               array_agg(revision ORDER BY place) AS revisions, sum((
                   SELECT count(*) FROM scoring_scorecard card
                   WHERE card.batch_id = w.batch_id AND card.revision_id = revision
                     AND card.round = w.round AND card.stages ?& w.stages)) AS n_written
        FROM whole w, unnest(w.revisions) WITH ORDINALITY AS one (revision, place)
        GROUP BY w.id, w.step_id, w.attempt, part
    ), first AS (
        UPDATE batches_chunk c SET revisions = p.revisions, n_cases = cardinality(p.revisions),
            n_written = p.n_written
        FROM piece p WHERE p.part = 0 AND c.id = p.id
    ), others AS (
        INSERT INTO batches_chunk (id, tenant_id, step_id, number, revisions, n_cases, n_written,
                                   state, attempt, lease_owner)
        SELECT gen_random_uuid(), app.tenant_id(), p.step_id,
               (SELECT max(number) FROM batches_chunk last WHERE last.step_id = p.step_id)
               + row_number() OVER (PARTITION BY p.step_id ORDER BY p.id, p.part),
               p.revisions, cardinality(p.revisions), p.n_written, 'pending', p.attempt, ''
        FROM piece p WHERE p.part > 0
        RETURNING step_id
    )
    UPDATE batches_step s SET n_chunks = s.n_chunks + more.n, remaining = s.remaining + more.n
    FROM (SELECT step_id, count(*) AS n FROM others GROUP BY step_id) AS more
    WHERE s.id = more.step_id
"""


def cut(chunks: Sequence[UUID]) -> None:
    """Cut those of the released chunks that have killed workers more than once."""
    with connection.cursor() as cursor:
        cursor.execute(_CUT, {"chunks": list(chunks), "deaths": _DEATHS, "pieces": _PIECES})
