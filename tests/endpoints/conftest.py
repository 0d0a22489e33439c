"""What the tests of endpoints share."""

from __future__ import annotations

import pytest

from tests.endpoints.doors import Door, by_poster, by_session


@pytest.fixture(params=[by_session, by_poster])
def call(request: pytest.FixtureRequest) -> Door:
    """A way to call an endpoint."""
    door: Door = request.param
    return door
