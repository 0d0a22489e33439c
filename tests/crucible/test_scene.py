"""Who looks at the tenants in turn is in nobody's scope afterwards."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from django.db import OperationalError

from evalsite.tenants.scope import current
from tests.crucible import crew_faults
from tests.crucible.scene import Scene
from tests.crucible.stock import Customer


def test_a_look_that_fails_leaves_the_scope_at_once() -> None:
    raised: list[Exception] = []
    seen: list[object] = []

    def holds() -> bool:
        seen.append(current())
        if not raised:
            raised.append(OperationalError("the database is away"))
            raise raised[0]
        return True

    place: Any = SimpleNamespace(customers=[Customer(uuid4(), "key")])
    place.each_tenant = lambda: Scene.each_tenant(place)
    assert crew_faults._await(place, holds)
    assert seen == [place.customers[0].tenant_id] * 2
    assert current() is None
