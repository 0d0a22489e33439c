"""Twelve seeds on every change; `make crucible` plays two hundred."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.client.live import empty
from tests.crucible.seed import tell_seed
from tests.crucible.world import World, standing
from tests.services import Services

SEEDS = range(12)


@pytest.fixture(scope="module")
def world(
    services: Services,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """One world for all seeds."""
    folder = tmp_path_factory.mktemp("crucible")
    with django_db_blocker.unblock(), standing(services, folder=folder) as stood:
        yield stood
        empty(services)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_doubled(seed: int, world: World) -> None:
    told = tell_seed(seed, world=world)
    assert not told.violations, f"make crucible SEED={seed}\n{told.story}"
