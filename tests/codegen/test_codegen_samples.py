"""The samples of codegen are what their README says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from evalsite.cases.check import check_case
from evalsite.embedded.demo import SAMPLES
from evalsite.targets.check import check_output
from packs import evaluate
from packs.library import Scorecard
from packs.registry import PACKS

PACK = PACKS.load("codegen").value


@cache
def rows(name: str) -> list[dict[str, Any]]:
    text = (SAMPLES / f"codegen_{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@cache
def cards() -> dict[str, Scorecard]:
    outputs = {row["key"]: row["answer"] for row in rows("outputs")}
    return {card.key: card for card in evaluate("codegen", cases=rows("cases"), outputs=outputs)}


def test_all_can_be_imported() -> None:
    keys = [check_case(row, pack=PACK).key for row in rows("cases")]
    assert keys == [check_output(row, pack=PACK).key for row in rows("outputs")]
    assert len(set(keys)) == 8


def test_one_answer_is_wrong() -> None:
    failed = [key for key, card in cards().items() if card.status != "passed"]
    assert failed == ["merge-spans"]
    execution = cards()["merge-spans"].results[1]
    assert (execution.score, execution.code) == (0.8, "differs")


def test_every_form_and_strength_is_there() -> None:
    forms = {next(iter(row["expected"])) for row in rows("cases")}
    strengths = {card.results[1].details["verdict_strength"] for card in cards().values()}
    assert forms == {"cases", "io", "tests"}
    assert strengths == {"separate_process", "same_process"}


def test_the_reference_passes_its_own_cases() -> None:
    cases = [row for row in rows("cases") if "reference" in row["expected"]]
    outputs = {row["key"]: {"code": row["expected"]["reference"]} for row in cases}
    assert [card.status for card in evaluate("codegen", cases=cases, outputs=outputs)] == ["passed"]
