"""Twelve seeds on every change, each in the world of the one before; `make crucible` plays 200."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.client.live import empty
from tests.crucible.faults import FAULTS
from tests.crucible.schedule import plan_of
from tests.crucible.seed import tell_seed
from tests.crucible.world import World, standing
from tests.services import Services

# Together they strike with every fault of the table.
SEEDS = (0, 2, 8, 11, 17, 23, 31, 33, 69, 94, 159, 161)


@pytest.fixture(scope="module")
def world(
    services: Services,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """One world for all seeds."""
    folder = tmp_path_factory.mktemp("crucible")
    with django_db_blocker.unblock():
        with standing(services, folder=folder) as stood:
            yield stood
        empty(services)


def test_the_twelve_strike_with_every_fault() -> None:
    struck = {strike.code for seed in SEEDS for strike in plan_of(seed, FAULTS).strikes}
    assert struck == set(FAULTS)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_doubled(seed: int, world: World) -> None:
    told = tell_seed(seed, world=world)
    assert not told.violations, f"make crucible SEED={seed}\n{told.story}"
