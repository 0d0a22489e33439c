"""A secret is crossed out however the other side writes it."""

from __future__ import annotations

import json

import pytest

from judges.cross_out import cross_out

SECRET = 'sk-a/b"c\\d+0123'
ONCE = json.dumps({"key": SECRET})


@pytest.mark.parametrize(
    "said",
    [
        SECRET,
        ONCE,
        json.dumps({"in": ONCE}),
        ONCE.replace("/", "\\/"),
        ONCE.replace("s", "\\u0073").replace("+", "\\u002B"),
        f"twice {SECRET} and {ONCE}",
    ],
)
def test_it_is_gone(said: str) -> None:
    left = cross_out(said.encode(), SECRET)
    assert b"***" in left
    assert b"0123" not in left


@pytest.mark.parametrize("slash", ["\\/", "\\\\\\/", "\\u002f", "\\\\U002F"])
def test_a_secret_without_backslashes_is_gone_too(slash: str) -> None:
    assert cross_out(f"sk-a{slash}b0123".encode(), "sk-a/b0123") == b"***"


def test_other_words_stay() -> None:
    said = json.dumps({"key": "sk-a/b", "path": "a\\sk"}).encode()
    assert cross_out(said, SECRET) == said
