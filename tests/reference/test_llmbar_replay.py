"""LLMBar: what twelve judges said of 226 pairs, said again by a server to our judge pairwise.

The judges' words decide. For one of the twelve, PaLM2/CoT, the benchmark reads a text as a vote for
(a) wherever a line begins with "Output (a)", also where the words then prefer (b). Given the same
rule as patterns we count what it counts; by the words we differ in 93 of its 452 texts.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from judges.fence import fenced, without_fences
from judges.library import library_caller
from judges.pairwise import pairwise
from judges.sides import read_side
from judges.together import together
from judges.verdict import Verdict
from tests.fake_model import Call, fake_model
from tests.reference.conftest import DATA

Row = dict[str, Any]
SETS = ("neighbor", "gptinst")
PROMPTS = ("Vanilla", "Metrics_Reference", "CoT")
JUDGES = [
    f"{model}/{prompt}" for model in ("GPT-4", "ChatGPT", "LLaMA2", "PaLM2") for prompt in PROMPTS
]
LINES = {"a": r"(?m)^ ?Output \(a\)", "b": r"(?m)^ ?Output \(b\)"}
AUTHORS = {"answer": "1", "other": "2"}


@pytest.fixture(scope="module")
def pairs(reference: Callable[[str], list[Any]]) -> dict[str, list[Row]]:
    return {name: reference(f"llmbar/{name}.jsonl.gz") for name in SETS}


@pytest.mark.parametrize("judge", JUDGES)
def test_the_recorded_winners_and_order_bias_come_back(
    judge: str, pairs: dict[str, list[Row]]
) -> None:
    rows = [row for name in SETS for row in pairs[name]]
    winners = _replayed(judge, rows)
    said = [row["judges"][judge] for row in rows]
    same = [
        mine == recorded[order]
        for pair, recorded in zip(winners, said, strict=True)
        for mine, order in zip(pair, ("as_given", "swapped"), strict=True)
    ]
    assert sum(same) / len(same) >= 0.99
    first = len(pairs[SETS[0]])
    for name, part in zip(SETS, (slice(first), slice(first, None)), strict=True):
        counts = _counts(winners[part], rows[part])
        assert counts == _published(name, judge)


def test_where_words_and_record_differ_the_record_is_a_slip(pairs: dict[str, list[Row]]) -> None:
    said = [
        (judge, row["judges"][judge][f"text_{order}"] or "", sides, row["judges"][judge][order])
        for row in (*pairs["neighbor"], *pairs["gptinst"])
        for judge in JUDGES
        for order, sides in (("as_given", "12"), ("swapped", "21"))
    ]
    differing = [one for one in said if _winner(one[1], sides=one[2]) != one[3]]
    assert (len(said), len(differing)) == (5424, 93)
    assert {judge for judge, *_ in differing} == {"PaLM2/CoT"}
    assert all(_winner(one[1], sides=one[2], patterns=LINES) == one[3] for one in differing)
    praised = [set(re.findall(r"Output \(([ab])\) is better", one[1])) for one in differing]
    assert sum(len(sides) == 1 for sides in praised) >= 90


def _replayed(judge: str, rows: list[Row]) -> list[list[str | None]]:
    """Give who won each pair in both orders, as the judge's details tell."""

    async def compare(row: Row) -> list[str | None]:
        score = await pairwise(
            row["output_2"],
            row["output_1"],
            input=row["input"],
            model=judge,
            reply="text",
            patterns=LINES if judge == "PaLM2/CoT" else None,
        )
        return [AUTHORS.get(score.details[order]) for order in ("as_given", "swapped")]

    with fake_model(_saying(judge, rows)) as fake, library_caller(fake.base_url):
        return asyncio.run(together(compare, rows, at_once=20))


def _saying(judge: str, rows: list[Row]) -> Callable[[Call], str]:
    texts = {
        (without_fences(row["input"]), without_fences(row[output])): row["judges"][judge][text]
        or ""
        for row in rows
        for output, text in (("output_1", "text_as_given"), ("output_2", "text_swapped"))
    }

    def say(call: Call) -> str:
        data = fenced(call.body["messages"][1]["content"])
        return str(texts[data["input"], data["output_a"]])

    return say


def _winner(text: str, *, sides: str, patterns: dict[str, str] | None = None) -> str | None:
    found = read_side(text, patterns=patterns or {})
    return dict(zip("ab", sides, strict=True))[found.choice] if isinstance(found, Verdict) else None


def _counts(winners: list[list[str | None]], rows: list[Row]) -> dict[str, int]:
    labelled = [(*pair, str(row["label"])) for pair, row in zip(winners, rows, strict=True)]
    return {
        "correct_False": sum(given == label for given, _, label in labelled),
        "correct_True": sum(swapped == label for _, swapped, label in labelled),
        "correct_both": sum(given == swapped == label for given, swapped, label in labelled),
        "equal": sum(given == swapped for given, swapped, _ in labelled),
    }


def _published(name: str, judge: str) -> dict[str, int]:
    told = json.loads((DATA / f"llmbar/{name}_reference_stats.json").read_text())[judge]
    names = ("correct_False", "correct_True", "correct_both", "equal")
    return {key: int(told[key].split()[0]) for key in names}
