"""The window on the real database: its size, whose scope is opened, who is next for given rows."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection, transaction

from evalsite.batches.lease import claim_chunk
from evalsite.batches.models import Batch, Chunk, Step
from evalsite.batches.window import Wave, lines_of, others_wait, take_waves
from evalsite.quotas.models import Turn
from evalsite.quotas.set_quota import set_quota
from evalsite.tenants import bootstrap
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.factories import make_batch, make_chunk, make_step
from tests.journeys.workshop import until
from tests.services import Services

SENT = "(state = 'leased' OR (state = 'pending' AND wave IS NOT NULL))"


def step_of(
    n_chunks: int, *, lane: str = "cpu", chunk_ms: float | None = 500, **fields: Any
) -> Step:
    step = make_step(
        batch=make_batch(**{"priority": "bulk", **fields}),
        lane=lane,
        n_chunks=n_chunks,
        remaining=n_chunks,
        chunk_ms=chunk_ms,
    )
    for number in range(n_chunks):
        make_chunk(step=step, number=number)
    return step


def take(*, slots: int = 4) -> list[Wave]:
    """Fill the window as a process that works for nobody in particular."""
    with nobody():
        return take_waves(slots=lambda _: slots, seconds=0.5)


def done(*waves: Wave) -> None:
    for wave in waves:
        with tenant(wave.tenant_id):
            ended = [part.chunk_id for part in wave.parts]
            Chunk.objects.filter(pk__in=ended).update(state="done")


def sizes(waves: list[Wave]) -> list[int]:
    return [len(wave.parts) for wave in waves]


def served(tenants: dict[str, Tenant], *, chunks: int) -> Counter[str]:
    """Work until so many chunks were sent; answers how many of whom."""
    slugs = {one.pk: slug for slug, one in tenants.items()}
    count: Counter[str] = Counter()
    while count.total() < chunks:
        for wave in (waves := take(slots=2)):
            count[slugs[wave.tenant_id]] += len(wave.parts)
        done(*waves)
    return count


def test_the_window_is_two_chunks_a_slot_and_no_more(as_acme: Tenant) -> None:
    step_of(20)
    assert sizes(take()) == [8]
    assert take() == []


@pytest.mark.parametrize(
    ("chunk_ms", "sent"), [(None, 8), (200, 8), (160, 12), (125, 16), (1, 16), (0, 16)]
)
def test_the_window_is_wider_for_quick_chunks(
    chunk_ms: float | None, sent: int, as_acme: Tenant
) -> None:
    step_of(20, chunk_ms=chunk_ms)
    assert sizes(take()) == [sent]


def test_the_slowest_step_of_a_lane_decides_its_window(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        step_of(20, chunk_ms=10)
    with tenant(globex.pk):
        step_of(20, chunk_ms=500)
    assert sum(sizes(take())) == 8


def test_it_is_filled_again_once_half_is_free(as_acme: Tenant) -> None:
    step = step_of(20)
    (first,) = take()
    ended = [part.chunk_id for part in first.parts]
    Chunk.objects.filter(pk__in=ended[:3]).update(state="done")
    assert take() == []
    Chunk.objects.filter(pk__in=ended[:4]).update(state="done")
    (second,) = take()
    assert (second.number, second.step_id, sizes([second])) == (2, step.pk, [4])


def test_chunks_go_in_order(as_acme: Tenant) -> None:
    step_of(6)
    assert [part.number for wave in take() for part in wave.parts] == [0, 1, 2, 3, 4, 5]


def test_each_lane_has_a_window_of_its_own(as_acme: Tenant) -> None:
    step_of(20)
    step_of(3, lane="model")
    assert {wave.lane: len(wave.parts) for wave in take()} == {"cpu": 8, "model": 3}


def test_a_leased_chunk_holds_its_place_after_a_resume_too(as_acme: Tenant) -> None:
    step = step_of(20)
    take()
    Chunk.objects.filter(step=step, wave__isnull=False).update(state="leased", wave=None)
    assert take() == []


def test_a_stopped_batch_sends_nothing(as_acme: Tenant) -> None:
    step_of(3, state="cancelled")
    assert take() == []


def waits_for_a_lock(superuser: psycopg.Connection) -> bool:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return superuser.execute(sql).fetchone() != (0,)


@pytest.mark.usefixtures("committed_db")
def test_what_a_message_that_came_again_claims_meanwhile_is_not_sent(services: Services) -> None:
    def taken() -> list[Wave]:
        try:
            return take()
        finally:
            connection.close()

    with tenant(Tenant.objects.create(slug="acme", name="Acme").pk):
        claimed = Chunk.objects.get(step=step_of(2), number=0)
        with services.superuser() as superuser, ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                claim_chunk(claimed.pk, epoch=1, owner="w", seconds=30, attempts=5)
                waves = pool.submit(taken)
                until(lambda: waits_for_a_lock(superuser))
            assert [part.number for wave in waves.result() for part in wave.parts] == [1]
        claimed.refresh_from_db()
    assert (claimed.state, claimed.wave) == ("leased", None)


def test_a_later_tenant_gets_the_next_places(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        step_of(100)
    done(*take(slots=2))
    with tenant(globex.pk):
        step_of(2)
    waves = take(slots=2)
    assert [wave.tenant_id for wave in waves] == [globex.pk, acme.pk]
    assert sizes(waves) == [2, 2]


def test_tenants_share_the_lane_by_weight(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        step_of(60)
    with tenant(globex.pk):
        set_quota(weight=3)
        step_of(60)
    assert served({"acme": acme, "globex": globex}, chunks=40) == {"acme": 10, "globex": 30}


def test_interactive_batches_go_first_and_bulk_is_not_forgotten(as_acme: Tenant) -> None:
    bulk, urgent = step_of(20), step_of(20, priority="interactive")
    chunks = {wave.step_id: len(wave.parts) for wave in take()}
    assert chunks == {urgent.pk: 6, bulk.pk: 2}


def test_the_oldest_batch_of_a_tenant_goes_on_first(as_acme: Tenant) -> None:
    steps = [step_of(20) for _ in range(3)]
    assert {wave.step_id for wave in take(slots=1)} == {step.pk for step in steps[:2]}


def test_what_was_sent_is_remembered_by_tenant(acme: Tenant, globex: Tenant) -> None:
    for one in (acme, globex):
        with tenant(one.pk):
            step_of(20)
    take(slots=3)
    for one in (acme, globex):
        with tenant(one.pk):
            turn = Turn.objects.get()
            assert (turn.lane, turn.n_sent, turn.passed) == ("cpu", 3, 1.5)


def test_the_scope_is_as_before(acme: Tenant, globex: Tenant) -> None:
    with tenant(globex.pk):
        step_of(2)
    with tenant(acme.pk):
        take_waves(slots=lambda _: 2, seconds=0.5)
        assert Batch.objects.count() == 0
        assert [line.tenant_id for line in lines_of(most=1)] == [globex.pk]


def test_across_tenants_only_ids_counts_and_times_are_told(as_acme: Tenant) -> None:
    step_of(3)
    ((*told,),) = bootstrap.ask("lanes_at_work", 2)
    ids, counts, times = [UUID, UUID, str, bool], [int] * 4, [float, int, float]
    assert [type(each) for each in told] == [*ids, datetime, float, *counts, *times]
    assert told[6:9] == [0, 0, 2]


def test_a_tenant_hears_whether_others_wait(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        step = step_of(2)
        assert not others_wait()
    with tenant(globex.pk):
        assert others_wait()
    take(slots=2)
    with tenant(globex.pk):
        assert others_wait()
    with tenant(acme.pk):
        Chunk.objects.filter(step=step).update(state="leased")
    with tenant(globex.pk):
        assert not others_wait()


def test_what_is_in_flight_is_counted_by_an_index_of_its_own(as_acme: Tenant) -> None:
    step = step_of(3)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        sql = f"EXPLAIN SELECT FROM batches_chunk WHERE step_id = %s AND {SENT}"
        cursor.execute(sql, [step.pk])
        assert "batches_chunk_in_flight" in " ".join(row for (row,) in cursor.fetchall())
