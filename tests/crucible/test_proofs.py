"""The crucible sees what is wrong: three broken builds on every change; `make crucible-proof` all.

They are those that need no luck: no fault has to hit a moment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.client.live import empty
from tests.crucible.seed import tell_seed
from tests.crucible.world import standing
from tests.services import Services


@pytest.mark.parametrize(
    ("broken", "by"),
    [("no_unique_key", "I1"), ("loose_counter", "counter"), ("early_ack", "message")],
)
def test_a_broken_build_is_caught(
    broken: str,
    by: str,
    services: Services,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path: Path,
) -> None:
    with django_db_blocker.unblock():
        with standing(services, folder=tmp_path, broken=broken) as world:
            told = tell_seed(1, world=world)
        empty(services)
    assert by in {violation.invariant for violation in told.violations}, told.story
