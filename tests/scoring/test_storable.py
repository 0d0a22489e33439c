"""Whatever a model or a judge says can be kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from evalsite.scoring.storable import to_json

ANY_TEXT = st.text(st.characters())


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("plain", "plain"),
        ("a\0b", "a\ufffdb"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("😀 whole", "😀 whole"),
        ({"a\0": ["\udfff", 1, None]}, {"a\ufffd": ["\ufffd", 1, None]}),
        ("a backslash \\u0000", "a backslash \\u0000"),
    ],
)
def test_what_cannot_be_kept_is_marked(said: Any, kept: Any) -> None:
    assert json.loads(to_json(said)) == kept


@given(ANY_TEXT)
def test_any_text_becomes_json_without_nul(text: str) -> None:
    whole = json.loads(to_json({"reason": text}))["reason"]
    assert "\0" not in whole
    whole.encode()


@pytest.mark.parametrize("text", ["\0", "\ud800", "\\u0000", "ok"])
def test_the_database_takes_it(text: str, db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb ->> 'a'", [to_json({"a": text})])
        assert cursor.fetchone() is not None
