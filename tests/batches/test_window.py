from __future__ import annotations

from evalsite.batches.models import Batch, Chunk, Step
from evalsite.batches.window import Wave, take_waves
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_chunk, make_step


def step_of(n_chunks: int, *, lane: str = "cpu", batch: Batch | None = None) -> Step:
    step = make_step(batch=batch, lane=lane, n_chunks=n_chunks, remaining=n_chunks)
    for number in range(n_chunks):
        make_chunk(step=step, number=number)
    return step


def take(*, wave_chunks: int = 4, open_waves: int = 2) -> list[Wave]:
    return take_waves(wave_chunks=wave_chunks, open_waves=open_waves)


def sizes(waves: list[Wave]) -> list[int]:
    return [len(wave.parts) for wave in waves]


def test_the_window_is_filled_and_no_more(as_acme: Tenant) -> None:
    step_of(20)
    assert sizes(take()) == [4, 4]
    assert take() == []


def test_a_wave_that_ended_makes_room(as_acme: Tenant) -> None:
    step = step_of(20)
    first, _second = take()
    ended = [part.chunk_id for part in first.parts]
    Chunk.objects.filter(pk__in=ended).update(state="done")
    (third,) = take()
    assert (third.number, third.step_id) == (3, step.pk)


def test_chunks_go_in_order(as_acme: Tenant) -> None:
    step_of(6)
    numbers = [part.number for wave in take() for part in wave.parts]
    assert numbers == [0, 1, 2, 3, 4, 5]


def test_each_lane_has_a_window_of_its_own(as_acme: Tenant) -> None:
    step_of(20)
    step_of(3, lane="model")
    assert {wave.lane: len(wave.parts) for wave in take()} == {"cpu": 4, "model": 3}


def test_the_batch_with_least_in_flight_is_next(as_acme: Tenant) -> None:
    large = step_of(20)
    first, _ = take()
    small = step_of(2)
    Chunk.objects.filter(pk__in=[part.chunk_id for part in first.parts]).update(state="done")
    waves = take()
    assert [wave.step_id for wave in waves] == [small.pk, large.pk]
    assert sizes(waves) == [2, 2]


def test_a_stopped_batch_sends_nothing(as_acme: Tenant) -> None:
    step_of(3, batch=make_batch(state="cancelled"))
    assert take() == []


def test_tenants_do_not_share_a_window(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        step_of(20)
        take()
    with tenant(globex.pk):
        step_of(1)
        assert sizes(take()) == [1]
