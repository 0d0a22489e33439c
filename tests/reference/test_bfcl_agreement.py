"""nl2api with profile bfcl against the recorded verdicts of the leaderboard's checker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from packs.prepare import prepare
from packs.validate import validate_case, validate_output


def verdicts(cases: list[Any], *, profile: str) -> Iterator[tuple[str, bool, bool | None]]:
    """Give the kind of each candidate, the recorded verdict and ours."""
    evaluator = prepare("nl2api", {"profile": profile})
    for case in cases:
        calls = [{"name": c["name"], "accepted": c["arguments"]} for c in case["accepted"]]
        input, expected = validate_case(
            "nl2api",
            input={"messages": case["messages"], "tools": case["functions"]},
            expected={"calls": calls},
        )
        for candidate in case["candidates"]:
            output = validate_output("nl2api", {"calls": candidate["calls"]})
            results = evaluator.score(input=input, expected=expected, output=output)
            yield candidate["kind"], candidate["valid"], evaluator.fold(results).overall_passed


def test_profile_bfcl_agrees_on_every_candidate(reference: Callable[[str], list[Any]]) -> None:
    found = list(verdicts(reference("bfcl/cases.jsonl.gz"), profile="bfcl"))
    assert len(found) == 4422
    assert Counter(kind for kind, recorded, ours in found if recorded is not ours) == {}


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        ("standard", {"int_as_float", "last_accepted", "string_punct", "string_upper"}),
        ("strict", {"first_repeated", "last_accepted", "string_punct", "string_upper"}),
    ],
)
def test_other_profiles_differ_only_in_the_kinds_the_docs_name(
    reference: Callable[[str], list[Any]], profile: str, kinds: set[str]
) -> None:
    found = verdicts(reference("bfcl/cases.jsonl.gz"), profile=profile)
    assert {kind for kind, recorded, ours in found if recorded is not ours} == kinds
