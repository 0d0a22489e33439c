"""Options are checked once, against the judge's own signature."""

from __future__ import annotations

from typing import Any

import pytest

from judges.options import bind
from judges.protocol import PASS, JudgeError


def test_options_are_fixed_into_the_judge() -> None:
    assert bind("numeric", {"abs_tol": 1}).value(1, 2) == PASS
    assert bind("numeric", {}).value(1, 2) != PASS


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("exact", {"threshold": 1}),
        ("token_f1", {"threshold": 2}),
        ("token_f1", {"threshold": "0.5"}),
        ("numeric", {"abs_tol": float("inf")}),
        ("json_diff", {"leaves": "near"}),
        ("valid_json", {"schema": "x"}),
    ],
)
def test_a_wrong_option_is_refused_by_name(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(JudgeError, match=next(iter(options))) as caught:
        bind(name, options)
    assert caught.value.code == "judge_options"


def test_the_hint_lists_the_options_there_are() -> None:
    with pytest.raises(JudgeError) as caught:
        bind("numeric", {"tolerance": 1})
    assert caught.value.hint == "Its options are: abs_tol, rel_tol, last_number, graded, after."
