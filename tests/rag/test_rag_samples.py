"""The shipped samples of rag can be imported, and give the verdicts that their README tells."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from evalsite.cases.check import check_case
from evalsite.embedded.demo import SAMPLES
from evalsite.targets.check import check_output
from packs import evaluate
from packs.library import Scorecard
from packs.rag import PACK

FAILING = {"dam-builder": ["faithfulness"], "path-dogs": ["correctness", "answerability"]}


@cache
def rows(name: str) -> list[dict[str, Any]]:
    text = (SAMPLES / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@cache
def cards() -> dict[str, Scorecard]:
    outputs = {row["key"]: row["answer"] for row in rows("rag_outputs")}
    return {card.key: card for card in evaluate("rag", cases=rows("rag_cases"), outputs=outputs)}


def test_every_row_can_be_imported() -> None:
    keys = [check_case(row, pack=PACK).key for row in rows("rag_cases")]
    assert [check_output(row, pack=PACK).key for row in rows("rag_outputs")] == keys
    assert len(set(keys)) == 8


@pytest.mark.parametrize("key", [row["key"] for row in rows("rag_cases")])
def test_each_answer_fails_where_it_is_meant_to(key: str) -> None:
    card = cards()[key]
    failed = [result.stage for result in card.results if result.status == "failed"]
    assert failed == FAILING.get(key, [])
    assert card.status == ("failed" if failed else "passed")


def test_a_right_refusal_passes_by_answerability_alone() -> None:
    statuses = {result.stage: result.status for result in cards()["hut-dogs"].results}
    assert statuses.pop("answerability") == "passed"
    assert set(statuses.values()) == {"not_applicable"}
