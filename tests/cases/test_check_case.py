"""A case's own fields, checked before it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.cases.check import CaseRefused, CheckedCase, check_case
from evalsite.cases.strict_json import JsonRefused
from packs.protocol import PackError
from packs.registry import PACKS

CASE = {"key": "k", "input": {"question": "q"}, "expected": {"answer": 1}}


def checked(**fields: Any) -> CheckedCase:
    return check_case({**CASE, **fields}, pack=PACKS.load("exact").value)


def test_what_is_left_out_has_a_default() -> None:
    case = checked()
    assert (case.state, case.tags, case.category, case.complexity) == ("active", [], "", None)
    assert case.metadata == {}


def test_key_and_tags_are_kept_in_one_spelling() -> None:
    case = checked(key="cafe\u0301", tags=["cafe\u0301", "caf\u00e9", " b "])
    assert case.key == "caf\u00e9"
    assert case.tags == ["caf\u00e9", "b"]


@pytest.mark.parametrize("key", [None, 7, "", "  ", "a\nb", "a\u202eb", " a", "x" * 201, []])
def test_a_bad_key_is_refused(key: Any) -> None:
    with pytest.raises(CaseRefused) as refused:
        checked(key=key)
    assert (refused.value.code, refused.value.path) == ("case_key_invalid", "key")


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("state", "deleted", "state"),
        ("state", 1, "state"),
        ("state", ["active"], "state"),
        ("tags", "a;b", "tags"),
        ("tags", ["a", 1], "tags[1]"),
        ("tags", [""], "tags[0]"),
        ("tags", ["a;b"], "tags[0]"),
        ("tags", ["t"] * 101, "tags"),
        ("category", "x" * 101, "category"),
        ("category", "\u0958" * 60, "category"),
        ("subcategory", {"a": 1}, "subcategory"),
        ("complexity", 6, "complexity"),
        ("complexity", True, "complexity"),
        ("complexity", 2.0, "complexity"),
        ("metadata", [], "metadata"),
    ],
)
def test_a_bad_field_is_refused_at_its_path(field: str, value: Any, path: str) -> None:
    with pytest.raises(CaseRefused) as refused:
        checked(**{field: value})
    assert (refused.value.code, refused.value.path) == ("case_field_invalid", path)
    assert refused.value.hint


def test_an_unknown_field_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(CaseRefused, match="complexity") as refused:
        checked(tag=["a"])
    assert refused.value.code == "case_field_unknown"


def test_content_is_refused_by_the_pack_at_the_path_in_the_json() -> None:
    with pytest.raises(PackError) as refused:
        checked(expected={"answer": 1, "alternatives": "x"})
    assert refused.value.path == "expected.alternatives"


def test_half_a_surrogate_in_a_key_is_refused() -> None:
    with pytest.raises(JsonRefused):
        checked(key="\ud800")


def test_the_hash_follows_the_content_alone() -> None:
    assert checked(tags=["a"]).content_hash == checked(tags=["b"]).content_hash
    assert checked().content_hash != checked(expected={"answer": 2}).content_hash
