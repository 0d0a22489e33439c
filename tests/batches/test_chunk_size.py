from __future__ import annotations

import pytest

from evalsite.batches.plan import Sizing, chunk_size, steps_of

SIZING = Sizing(slots=2, seconds=0.5)


@pytest.mark.parametrize(
    ("n", "case_ms", "size"),
    [
        (10, 0.1, 20),  # few cases fit one chunk
        (1_000, 0.1, 125),  # four chunks a slot
        (10_000, 0.1, 1_250),
        (100_000, 0.1, 5_000),  # the ceiling
        (100_000, 1.0, 500),  # half a second of work
        (100_000, 1_000.0, 20),  # the floor
    ],
)
def test_chunks_are_sized_by_cost_and_share(n: int, case_ms: float, size: int) -> None:
    assert chunk_size(n, case_ms=case_ms, sizing=SIZING) == size


@pytest.mark.parametrize(
    ("n", "case_ms", "size"),
    [
        (30, 40.0, 20),  # each slot gets some
        (500, 40.0, 250),  # one chunk a slot: fewer ends, at which calls run dry
        (100_000, 40.0, 250),  # ten seconds of work
        (100_000, 1_000.0, 20),
        (100_000, 0.1, 2_000),  # its own ceiling
    ],
)
def test_a_chunk_of_the_model_lane_is_long(n: int, case_ms: float, size: int) -> None:
    assert chunk_size(n, case_ms=case_ms, sizing=SIZING, lane="model") == size


def test_adjacent_stages_of_a_lane_are_one_step() -> None:
    lanes = ["cpu", "cpu", "model", "cpu"]
    stages = [{"name": f"s{n}", "lane": lane} for n, lane in enumerate(lanes)]
    assert steps_of({"stages": stages}) == [
        ("cpu", ["s0", "s1"]),
        ("model", ["s2"]),
        ("cpu", ["s3"]),
    ]
