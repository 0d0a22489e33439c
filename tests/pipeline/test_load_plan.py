"""What a chunk's load costs where the planner knows nothing of the run."""

from __future__ import annotations

import pytest
from django.db import connection

from evalsite.batches.lease import claim_chunk
from evalsite.batches.models import Chunk
from evalsite.cases.queries import Selection
from evalsite.pipeline import launch
from evalsite.scoring.answer import recorded
from evalsite.tenants.statistics import refresh_statistics
from tests.bench.filled import fill
from tests.factories import make_run

N_CASES = 1_200
_ANSWERED_AGAIN = """
    INSERT INTO targets_output (id, tenant_id, run_id, case_id, repetition, answer, error,
        recorded_at)
    SELECT gen_random_uuid(), tenant_id, %s, case_id, repetition, answer, error, now()
    FROM targets_output WHERE run_id = %s
"""
_FETCHED = """
    SELECT sum(pg_stat_get_xact_tuples_fetched(indexrelid))::bigint FROM pg_index
    WHERE indrelid = 'targets_output'::regclass
"""


def outputs_fetched() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_FETCHED)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.usefixtures("as_acme")
def test_an_answer_is_not_looked_for_among_all_of_a_new_run() -> None:
    known, new = fill(N_CASES), make_run(status="running")
    refresh_statistics("cases_revision", "targets_output", rows=N_CASES)
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED_AGAIN, [new.pk, known.run.pk])
    batch = launch.start(
        suite=known.suite,
        run=new,
        pack="exact",
        options={"judges": ["exact"]},
        selection=Selection(),
        actor="alice",
    )
    chunk = Chunk.objects.filter(step__batch=batch)[0]
    claim = claim_chunk(chunk.pk, epoch=batch.epoch, owner="w", seconds=30, attempts=5)
    assert claim is not None
    before = outputs_fetched()
    cases = list(recorded(claim))
    assert len(cases) == chunk.n_cases
    assert all(case.answer for case in cases)
    assert outputs_fetched() - before == chunk.n_cases
