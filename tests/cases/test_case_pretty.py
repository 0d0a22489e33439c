"""Cases and their changes as a person reads them."""

from __future__ import annotations

import json

import pytest

from evalsite.cases.curate import save_case
from evalsite.cases.models import Suite, TestCase
from evalsite.cases.pretty import changes, pretty
from evalsite.cases.queries import history


@pytest.mark.parametrize(
    "value", [{"a": [1, {"b": None}]}, "é\u202e\u200b\x7f\x00", [], 1.5, "</pre><script>"]
)
def test_pretty_json_reads_back_and_hides_nothing(value: object) -> None:
    text = pretty(value)
    assert json.loads(text) == value
    assert not {"\u202e", "\u200b", "\x7f", "\x00"} & set(text)


def test_the_first_revision_changes_nothing(paris: TestCase) -> None:
    (first,) = changes(history(paris))
    assert (first.revision.number, first.differences) == (1, [])


def test_a_change_shows_the_lines_taken_and_given(suite: Suite, paris: TestCase) -> None:
    fields = {"key": "france", "input": paris.input, "expected": {"answer": "Lyon"}}
    save_case(suite, {**fields, "tags": ["europe", "city"], "category": "geography"})
    newest = changes(history(paris))[0]
    found = {
        item.field: [(line.kind, line.text) for line in item.lines] for item in newest.differences
    }
    assert found["tags"] == [("removed", "europe"), ("added", "europe; city")]
    assert found["complexity"] == [("removed", "1"), ("added", "none")]
    assert ("removed", '  "answer": "Paris"') in found["expected"]
    assert ("added", '  "answer": "Lyon"') in found["expected"]
    assert "input" not in found


def test_far_lines_are_left_out_of_a_diff(suite: Suite) -> None:
    content = {"question": "q", "list": list(range(50))}
    fields = {"key": "k", "input": content, "expected": {"answer": 1}}
    case = save_case(suite, fields)
    save_case(suite, {**fields, "input": {**content, "list": [*range(49), 7]}})
    (difference,) = changes(history(case))[0].differences
    assert len(difference.lines) < 12


def test_a_revision_says_in_which_versions_it_stood(suite: Suite, paris: TestCase) -> None:
    fields = {"input": {"question": "q"}, "expected": {"answer": 1}}
    for key, category in (("france", "a"), ("italy", ""), ("spain", ""), ("france", "b")):
        save_case(suite, {"key": key, "category": category, **fields})
    spans = [change.span for change in changes(history(paris))]
    assert spans == ["version 5 and on", "versions 2 to 4", "version 1"]
