"""Case files into a suite: all or nothing, or the good lines only."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from evalsite.cases.curate import save_case
from evalsite.cases.models import Suite, TestCase
from evalsite.exchange.case_files import Imported, form_of, import_case_file
from evalsite.exchange.lines import BadLine
from evalsite.exchange.sift import LinesRefused, NothingImported
from evalsite.exchange.trial import trial


def case(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "input": {"question": "q"}, "expected": {"answer": 1}, **fields}


def take(suite: Suite, lines: list[Any], **options: Any) -> Imported:
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    file = io.BytesIO(b"\n".join(texts))
    return import_case_file(file, suite=suite, form=options.pop("form", "jsonl"), **options)


def test_good_lines_become_cases(suite: Suite) -> None:
    done = take(suite, [case("a", tags=["x"]), case("b", state="draft")], note="first file")
    assert (done.cases.new, done.bad, suite.version) == (2, 0, 1)
    assert list(TestCase.objects.order_by("key").values_list("key", "state", "tags")) == [
        ("a", "active", ["x"]),
        ("b", "draft", []),
    ]


def test_one_bad_line_refuses_the_file_and_all_bad_ones_are_told(suite: Suite) -> None:
    told: list[BadLine] = []
    with pytest.raises(LinesRefused, match="3 bad lines"):
        take(suite, [case("a"), b"{", case("b", complexity=9), {"key": "c"}], on_bad=told.append)
    assert [(bad.line, bad.code, bad.path) for bad in told] == [
        (2, "json_invalid", ""),
        (3, "case_field_invalid", "complexity"),
        (4, "case_invalid", "input"),
    ]
    assert TestCase.objects.count() == 0


def test_good_lines_are_kept_when_bad_ones_may_be_skipped(suite: Suite) -> None:
    done = take(suite, [case("a"), b"{", case("b")], skip_bad=True)
    assert (done.cases.new, done.bad, done.codes) == (2, 1, {"json_invalid": 1})


def test_keys_that_are_equal_after_normalising_are_repeated(suite: Suite) -> None:
    done = take(suite, [case("caf\u00e9"), case("cafe\u0301", category="x")], skip_bad=True)
    (bad,) = done.first_bad
    assert (bad.line, bad.code, done.cases.new) == (2, "key_repeated", 1)
    assert "line 1" in bad.message


def test_a_repeated_key_refuses_the_file(suite: Suite) -> None:
    with pytest.raises(LinesRefused, match="key_repeated"):
        take(suite, [case("a"), case("a")])
    assert TestCase.objects.count() == 0


def test_an_existing_key_gets_a_revision(suite: Suite) -> None:
    save_case(suite, case("a"))
    done = take(suite, [case("a", category="new"), case("b")])
    assert (done.cases.new, done.cases.changed, done.cases.version) == (1, 1, 2)


@pytest.mark.parametrize("lines", [[], [b"", b"  "]])
def test_an_empty_file_is_nothing(suite: Suite, lines: list[Any]) -> None:
    with pytest.raises(NothingImported):
        take(suite, lines)


def test_a_file_of_bad_lines_only_is_nothing(suite: Suite) -> None:
    with pytest.raises(NothingImported) as refused:
        take(suite, [b"{", b"["], skip_bad=True)
    assert refused.value.exit_code == 5


def test_a_trial_tells_what_would_change_and_changes_nothing(suite: Suite) -> None:
    save_case(suite, case("a"))
    with trial(dry_run=True):
        done = take(suite, [case("a"), case("b")])
    suite.refresh_from_db()
    assert (done.cases.new, done.cases.unchanged, done.cases.version) == (1, 1, 2)
    assert (suite.version, TestCase.objects.count()) == (1, 1)


def test_csv_and_jsonl_make_the_same_case(suite: Suite) -> None:
    text = 'key,input.question,expected,tags,complexity\na,q,"{""answer"": 1}",x;y,2\n'
    take(suite, [text.encode()], form="csv")
    done = take(suite, [case("a", tags=["x", "y"], complexity=2)])
    assert (done.cases.unchanged, done.cases.touched) == (1, 0)


def test_the_form_follows_the_name() -> None:
    names = ["a.csv", "A.CSV", "a.csv.gz", "a.jsonl", "a.jsonl.gz", "a", "-", "a.ndjson"]
    assert [form_of(name) for name in names] == ["csv"] * 3 + ["jsonl"] * 5
