"""nl2api on recorded dialogues: calls, responses and spoken answers of several steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from packs.prepare import prepare
from packs.validate import validate_case, validate_output


def recorded(dialogue: dict[str, Any]) -> dict[str, Any]:
    """Give what was called, returned and said last in a dialogue."""
    steps = [turn for turn in dialogue["turns"] if turn["role"] == "API"]
    said = [turn["text"] for turn in dialogue["turns"] if turn["role"] == "AI"]
    return {
        "calls": [{"name": s["api_name"], "arguments": s["param_dict"]} for s in steps],
        "response": [step["result"]["output"] for step in steps],
        "answer": said[-1],
    }


def has_calls(gold: dict[str, Any]) -> bool:
    """Leave out the few dialogues in which nothing was called."""
    return bool(gold["calls"])


def judged(expected: Any, output: Any) -> list[str]:
    """Give the status of logic, execution and semantics."""
    input, wanted = validate_case("nl2api", input={"query": "?"}, expected=expected)
    given = validate_output("nl2api", output)
    results = prepare("nl2api").score(input=input, expected=wanted, output=given)
    return [result.status.value for result in results[1:]]


def test_what_was_recorded_passes_and_a_change_fails_its_stage_only(
    reference: Callable[[str], list[Any]],
) -> None:
    dialogues = reference("api_bank/dialogs.jsonl.gz")
    assert len(dialogues) == 132
    for gold in filter(has_calls, map(recorded, dialogues)):
        assert judged(gold, gold) == ["passed"] * 3
        assert judged(gold, {**gold, "calls": gold["calls"][1:]})[0] == "failed"
        assert judged(gold, {**gold, "response": ["?"]}) == ["passed", "failed", "passed"]
        assert judged(gold, {**gold, "answer": "?"}) == ["passed", "passed", "failed"]
