"""A chunk that is dearer than it was cut for goes back, and comes again in its turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evalsite.batches.models import Batch, Chunk, Step
from evalsite.batches.queries import progress
from evalsite.pipeline import launch
from evalsite.tenants.models import Tenant
from tests.pipeline.bench import deliver_all, deliver_chunks, launched, statuses, told


@pytest.fixture
def dear(as_acme: Tenant, knobs: Callable[..., None]) -> Batch:
    """A batch of which each slice holds one case of a chunk."""
    knobs(chunk_seconds="0.000000001")
    return launched([told("passed")] * 22)


def test_what_is_judged_is_written_and_the_rest_waits(dear: Batch) -> None:
    deliver_chunks(dear)
    first, second = Chunk.objects.filter(step__batch=dear).order_by("number")
    assert (first.state, first.attempt, first.n_written) == ("pending", 0, 1)
    assert (second.state, second.n_written) == ("pending", 1)
    assert progress(dear.pk).done == 2


def test_it_goes_on_with_what_is_left_until_all_is_judged(dear: Batch) -> None:
    assert deliver_all(dear).state == "finished"
    assert list(statuses(dear).values()) == ["passed"] * 22


def test_its_time_is_added_up_over_the_slices(dear: Batch) -> None:
    deliver_chunks(dear)
    chunks = Chunk.objects.filter(step__batch=dear).order_by("number")
    once = chunks[0].elapsed_ms
    deliver_chunks(dear)
    assert 0 < (once or 0) < (chunks[0].elapsed_ms or 0)


def test_the_step_knows_for_how_long_a_chunk_has_a_slot(as_acme: Tenant) -> None:
    batch = launched([told("passed")])
    deliver_chunks(batch)
    chunk, step = Chunk.objects.get(step__batch=batch), Step.objects.get(batch=batch)
    assert step.chunk_ms == chunk.elapsed_ms


@pytest.mark.parametrize(
    ("n", "repetitions", "asked", "priority"),
    [
        (2, 50, "", "interactive"),
        (2, 51, "", "bulk"),
        (2, 51, "interactive", "interactive"),
        (2, 1, "bulk", "bulk"),
    ],
)
def test_its_size_says_what_goes_first_unless_somebody_does(
    as_acme: Tenant, n: int, repetitions: int, asked: str, priority: str
) -> None:
    batch = launched([told("passed")] * n, repetitions=repetitions, priority=asked)
    assert batch.priority == priority
    assert launch.cancel(batch.pk).priority == priority
