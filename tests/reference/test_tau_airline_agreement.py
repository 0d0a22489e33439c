"""nl2api on whole agent sessions against their recorded reward."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from math import comb
from typing import Any

import pytest

from packs.prepare import prepare
from packs.validate import validate_case, validate_output

# Only what writes to the database counts towards the reward; a call that ended in an error wrote
# nothing.
OPTIONS = {
    "counted_tools": ["book_*", "cancel_*", "update_*", "send_certificate"],
    "drop_errored": True,
}


def passed(session: dict[str, Any], *, profile: str) -> bool | None:
    """Judge one session by the pack."""
    evaluator = prepare("nl2api", {**OPTIONS, "profile": profile})
    input, expected = validate_case(
        "nl2api",
        input={"query": session["instruction"]},
        expected={"calls": session["expected_actions"]},
    )
    calls = [
        {**call, "error": str(call["result"]).startswith("Error")} for call in session["calls"]
    ]
    output = validate_output("nl2api", {"calls": calls})
    results = evaluator.score(input=input, expected=expected, output=output)
    return evaluator.fold(results).overall_passed


@pytest.mark.parametrize("profile", ["strict", "standard"])
def test_it_agrees_with_the_reward(reference: Callable[[str], list[Any]], profile: str) -> None:
    sessions = reference("tau_airline/trajectories.jsonl.gz")
    agreed = [passed(s, profile=profile) is (s["reward"] == 1) for s in sessions]
    assert len(agreed) == 100
    assert sum(agreed) >= 97


def test_pass_hat_k_is_near_the_recorded_one(reference: Callable[[str], list[Any]]) -> None:
    wins: defaultdict[int, int] = defaultdict(int)
    for session in reference("tau_airline/trajectories.jsonl.gz"):
        wins[session["task_id"]] += bool(passed(session, profile="standard"))
    ours = [sum(comb(n, k) / comb(4, k) for n in wins.values()) / 25 for k in (1, 2, 3, 4)]
    assert ours == pytest.approx([0.31, 0.1933, 0.17, 0.16], abs=0.03)
