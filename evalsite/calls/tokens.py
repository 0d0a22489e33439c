"""Upper bounds of tokens, for money that is set aside before a call.

A tokenizer cuts UTF-8 bytes, or falls back to them for what it does not know, so no token stands
for less than one byte. Some normalise the text first, which can make it longer. So a text has at
most as many tokens as the longest of its spellings has bytes. English has about a quarter of that:
a bound is no forecast.
"""

from __future__ import annotations

import json
from typing import Final
from unicodedata import normalize

from judges.models import ChatRequest, EmbedRequest

# What a chat template puts around each message, and a tokenizer at the ends of a text.
AROUND_MESSAGE, AROUND_TEXT = 16, 2
_FORMS: Final = ("NFC", "NFD", "NFKC", "NFKD")


def tokens_at_most(text: str) -> int:
    """Answer a number of tokens that this text cannot exceed in any tokenizer."""
    spellings = [text] if text.isascii() else [text, *(normalize(form, text) for form in _FORMS)]
    return max(map(_bytes, spellings)) + AROUND_TEXT


def prompt_at_most(request: ChatRequest | EmbedRequest) -> int:
    """Answer a number of tokens that the prompt of this request cannot exceed."""
    if isinstance(request, EmbedRequest):
        return sum(tokens_at_most(text) for text in request.texts)
    # Schema and tools are part of the prompt; escaped non-ASCII only makes the bound larger.
    beside = json.dumps([request.schema, list(request.tools)], default=repr)
    messages = (json.dumps(dict(m), default=repr, ensure_ascii=False) for m in request.messages)
    return tokens_at_most(beside) + sum(tokens_at_most(m) + AROUND_MESSAGE for m in messages)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
