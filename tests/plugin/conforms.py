"""What the plug-in's author runs: `pytest conforms.py`, with the plug-in and evalsite installed."""

from __future__ import annotations

from evalsite_headline.judge import most_words
from evalsite_headline.pack import PACK

from judges.conformance import Example, check_judge
from packs.conformance import PackExample, check_pack


def test_the_judge_conforms() -> None:
    examples = [
        Example(expected=3, answer="Bridge opens today", passed=True),
        Example(expected=2, answer="Bridge opens today", passed=False),
        Example(expected=2, answer="Bridge opens today", passed=True, options={"leeway": 1}),
        Example(expected="two", answer="Bridge opens today", passed=None),
    ]
    assert check_judge(most_words, examples) == []


def test_the_pack_conforms() -> None:
    example = PackExample(
        input={"article": "The new bridge opened today."},
        expected={"words": 4, "mentions": ["bridge"]},
        right={"headline": "New bridge opens"},
        wrong={"headline": "Traffic moves again"},
    )
    assert check_pack(PACK, [example]) == []
