"""Ids as people type them."""

from __future__ import annotations

from uuid import UUID

import pytest

from evalsite.ids import uuid_of

_ID = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.mark.parametrize("text", [_ID, f" {_ID}\n", _ID.upper()])
def test_an_id_is_read(text: str) -> None:
    assert uuid_of(text) == UUID(_ID)


@pytest.mark.parametrize("text", ["", "suite", _ID[:-1], "é" * 32])
def test_other_text_is_none(text: str) -> None:
    assert uuid_of(text) is None
