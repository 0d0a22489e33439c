"""Cursors that no page gave."""

from __future__ import annotations

from base64 import b64encode

import pytest
from django.test import Client

from tests.api.conftest import get, refusal


@pytest.mark.parametrize("address", ["suites", "audit"])
@pytest.mark.parametrize("cursor", ["x", "p=abc", "p=%00", "o=99999999999999999999", "r=1&p=1"])
def test_a_cursor_of_ones_own_making_is_refused(api: Client, address: str, cursor: str) -> None:
    for text in (cursor, b64encode(cursor.encode()).decode()):
        answer = get(api, address, cursor=text)
        assert answer.status_code == 200 or refusal(answer) == "invalid"
