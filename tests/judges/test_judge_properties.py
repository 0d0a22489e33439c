"""What holds for every judge on any JSON whatever."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.guard import attempt, settle
from judges.mock import MockModel
from judges.models import calling
from judges.options import bind
from judges.protocol import Score, is_sound
from judges.registry import BUILTIN_JUDGES
from judges.structure import json_diff, list_contains
from judges.text import exact, fuzzy, levenshtein, normalised, token_f1

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
calls = st.fixed_dictionaries({"name": st.sampled_from("fg"), "arguments": scalars})
json_values = st.recursive(
    scalars | calls,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


OPTIONS: dict[str, dict[str, Any]] = {"jury": {"judges": ["exact", "rubric"]}}


@pytest.mark.parametrize("name", sorted(BUILTIN_JUDGES))
@settings(max_examples=60, deadline=None)
@given(expected=json_values, answer=json_values)
def test_any_judge_gives_a_sound_score_for_any_json(name: str, expected: Any, answer: Any) -> None:
    judge = bind(name, OPTIONS.get(name, {})).value
    with calling(MockModel()):
        score = settle(attempt(judge, expected, answer))
    assert isinstance(score, Score)
    assert is_sound(score)
    assert score.passed or score.reason


@settings(max_examples=100, deadline=None)
@given(value=json_values)
def test_a_value_is_exactly_itself(value: Any) -> None:
    assert exact(value, value).value == 1
    assert json_diff(value, value).value == 1


@pytest.mark.parametrize("judge", [exact, normalised, levenshtein, fuzzy, token_f1])
@settings(max_examples=60, deadline=None)
@given(one=st.text(), other=st.text())
def test_text_judges_are_symmetric(judge: Any, one: str, other: str) -> None:
    assert judge(one, other).value == judge(other, one).value


@settings(max_examples=100, deadline=None)
@given(text=st.text())
def test_what_is_exact_is_also_normalised_and_near(text: str) -> None:
    for judge in (normalised, levenshtein, fuzzy, token_f1):
        assert judge(text, text).value == 1


@settings(max_examples=100, deadline=None)
@given(values=st.lists(scalars, max_size=6), seed=st.randoms())
def test_list_contains_does_not_see_order(values: list[Any], seed: Any) -> None:
    shuffled = seed.sample(values, len(values))
    assert list_contains(values, shuffled).value == 1
