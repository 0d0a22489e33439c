"""Values and codes as a case's page tells them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings

from evalsite.env import ROOT
from evalsite.web.card.codes import MEANINGS
from evalsite.web.card.values import LONGEST, laid_out, members
from tests.web.test_diffs import JSON


@settings(deadline=None, max_examples=50)
@given(JSON)
def test_json_that_is_laid_out_reads_back_as_the_same(value: Any) -> None:
    assert json.loads(laid_out(value)) == value


@settings(deadline=None, max_examples=50)
@given(JSON)
def test_what_is_shown_of_many_members_is_bounded(value: Any) -> None:
    shown = members({str(n): [value] * 9 for n in range(40)})
    assert len(shown) == 21
    assert sum(len(part.text) for part in shown) < 2 * LONGEST


def test_what_fits_stands_on_a_line() -> None:
    assert laid_out({"a": [1, [2]], "b": "c"}) == '{"a": [1, [2]], "b": "c"}'
    assert laid_out({"a": "x" * 80}).count("\n") == 2


@pytest.mark.parametrize(
    ("text", "is_code"), [("some words", False), ("def f():\n    return 1", True), ("a\n b", False)]
)
def test_indented_text_is_code(text: str, is_code: bool) -> None:
    assert members(text)[0].is_code is is_code


def test_a_long_text_is_folded_and_its_size_told() -> None:
    (shown,) = members("word " * 10_000)
    assert (shown.is_long, shown.is_cut, shown.size) == (True, True, 50_000)


def test_each_code_of_the_docs_has_a_meaning_here() -> None:
    table = (ROOT / "docs" / "judges.md").read_text().partition("## Codes of unscored")[2]
    rows = re.findall(r"^\| (`.*?) \|", table.partition("\n## ")[0], re.MULTILINE)
    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} <= MEANINGS.keys()
