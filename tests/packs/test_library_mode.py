"""packs.evaluate: scorecards in memory."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict
from typing import Any

import pytest

import packs
from packs.protocol import PackError

CASES: list[dict[str, Any]] = [
    {"key": "a", "input": {"question": "1+1"}, "expected": {"answer": 2}},
    {"key": "b", "input": {"question": "2+2"}, "expected": {"answer": 4}},
    {"key": "c", "input": {"question": "3+3"}, "expected": {"answer": 6}},
]


def test_it_gives_a_scorecard_per_case() -> None:
    cards = packs.evaluate("exact", cases=CASES, outputs={"a": {"answer": 2}, "b": {"answer": 5}})
    assert [(card.key, card.status) for card in cards] == [
        ("a", "passed"),
        ("b", "failed"),
        ("c", "unscored"),
    ]


def test_the_options_are_those_of_the_pack() -> None:
    options = {"judges": [{"name": "numeric", "options": {"abs_tol": 1}}]}
    cards = packs.evaluate("exact", cases=CASES[1:2], outputs={"b": {"answer": 5}}, options=options)
    assert (cards[0].overall_score, cards[0].overall_passed) == (1.0, True)


def test_a_wrong_output_is_refused() -> None:
    with pytest.raises(PackError, match="output_invalid"):
        packs.evaluate("exact", cases=CASES, outputs={"a": {"text": 2}})


def test_cards_can_be_copied_and_told_as_json() -> None:
    card, *_ = packs.evaluate(
        "exact",
        cases=[{"key": "a", "input": {"question": "1+1"}, "expected": {"answer": 2}}],
        outputs={"a": {"answer": 2}},
    )
    assert pickle.loads(pickle.dumps(card)) == copy.deepcopy(card) == card
    result = {"stage": "exact", "status": "passed", "score": 1.0, "reason": "", "code": ""}
    told = json.loads(json.dumps(asdict(card)))
    assert told["results"] == [{**result, "details": {}}]
