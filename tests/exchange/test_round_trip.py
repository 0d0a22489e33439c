"""What is exported imports as what it was."""

from __future__ import annotations

import io
import json
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsite.cases.curate import save_case, set_state
from evalsite.cases.models import CaseState, Suite, TestCase
from evalsite.cases.strict_json import parse
from evalsite.exchange.case_files import import_case_file
from evalsite.exchange.write_cases import case_lines
from evalsite.spreadsheet import neutral

text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
label = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters=";"), max_size=10)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
value = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=10,
)
case = st.fixed_dictionaries(
    {
        "key": label.filter(bool),
        "input": st.fixed_dictionaries({"question": value}, optional={"more": value}),
        "expected": st.fixed_dictionaries({"answer": value}),
        "tags": st.lists(label.filter(bool), max_size=3),
        "category": label,
        "subcategory": label,
        "complexity": st.none() | st.integers(1, 5),
        "state": st.sampled_from(CaseState.values),
        "metadata": st.dictionaries(text, value, max_size=3),
    }
)


def take(suite: Suite, lines: list[str], *, form: Any = "jsonl") -> Any:
    file = io.BytesIO("\n".join(lines).encode())
    return import_case_file(file, suite=suite, form=form).cases


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(given_case=case)
def test_any_case_comes_back_as_it_was(suite: Suite, given_case: dict[str, Any]) -> None:
    take(suite, [json.dumps(given_case)])
    exported = list(case_lines(suite))
    again = take(suite, exported)
    assert (again.touched, again.unchanged) == (0, len(exported))
    assert list(case_lines(suite)) == exported
    key = normalize("NFC", given_case["key"])
    (mine,) = [line for line in map(parse, map(str.encode, exported)) if line["key"] == key]
    assert (mine["input"], mine["expected"]) == (given_case["input"], given_case["expected"])
    assert (mine["metadata"], mine["state"]) == (given_case["metadata"], given_case["state"])


@pytest.fixture
def two(suite: Suite) -> Suite:
    """A suite at version 3: one case edited, one retired."""
    take(suite, [json.dumps({"key": k, **_CONTENT}) for k in ("b", "a")])
    save_case(suite, {"key": "a", **_CONTENT, "category": "edited"})
    set_state([TestCase.objects.get(key="b").pk], state=CaseState.RETIRED)
    suite.refresh_from_db()
    return suite


_CONTENT = {"input": {"question": "q"}, "expected": {"answer": 1}}


def test_cases_of_every_state_are_exported_in_order_of_key(two: Suite) -> None:
    lines = [json.loads(line) for line in case_lines(two)]
    found = [(line["key"], line["state"], line["category"]) for line in lines]
    assert found == [("a", "active", "edited"), ("b", "retired", "")]


def test_an_old_version_is_exported_as_it_was(two: Suite) -> None:
    lines = [json.loads(line) for line in case_lines(two, version=1)]
    assert [(line["state"], line["category"]) for line in lines] == [("active", "")] * 2
    assert list(case_lines(two, version=0)) == []


def test_csv_comes_back_too_where_no_cell_looks_like_a_formula(two: Suite) -> None:
    assert take(two, list(case_lines(two, form="csv")), form="csv").unchanged == 2


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", '"=1', "'=1", " =1", "\uff1d1", "\uff0b1"],
)
def test_a_formula_is_neutralised(cell: str) -> None:
    assert neutral(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "1", "a=b", '{"a":"=1"}', "é"])
def test_other_cells_stay(cell: str) -> None:
    assert neutral(cell) == cell


def test_a_formula_in_a_key_is_neutralised_in_csv_only(suite: Suite) -> None:
    save_case(suite, {"key": "=cmd()", **_CONTENT})
    assert list(case_lines(suite, form="csv"))[1].startswith("'=cmd(),")
    assert json.loads(next(case_lines(suite)))["key"] == "=cmd()"
