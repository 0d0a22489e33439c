"""No tokenizer may cut a text into more tokens than the bound says."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsite.calls.tokens import prompt_at_most, tokens_at_most
from judges.models import ChatRequest, EmbedRequest


@given(st.text())
def test_a_token_is_a_byte_at_least(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert tokens_at_most(text) >= len(normalize(form, text).encode()) + 2


@pytest.mark.parametrize("text", ["", "\ud800", "\ufdfa" * 100])
def test_odd_texts_have_a_bound(text: str) -> None:
    assert tokens_at_most(text) >= 2 + len(text)


def test_a_prompt_is_all_that_is_sent() -> None:
    messages = [{"role": "user", "content": "é" * 1000}]
    plain = prompt_at_most(ChatRequest(model="m", messages=messages))
    bound = prompt_at_most(
        ChatRequest(model="m", messages=messages, schema={"title": "x" * 500}, tools=[{"n": "y"}])
    )
    assert plain > 2000
    assert bound > plain + 500


def test_texts_to_embed_are_a_prompt() -> None:
    assert prompt_at_most(EmbedRequest(model="m", texts=["ab", "c"])) == 7
