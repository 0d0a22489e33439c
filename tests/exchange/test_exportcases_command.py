"""`manage.py exportcases`: a suite as a file."""

from __future__ import annotations

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from evalsite.cases.curate import save_case
from evalsite.cases.models import Suite


@pytest.fixture
def two(suite: Suite) -> Suite:
    """A suite of two cases, made one after the other."""
    for key in "ab":
        save_case(suite, {"key": key, "input": {"question": "é"}, "expected": {"answer": 1}})
    return suite


def export(*arguments: str) -> str:
    out = StringIO()
    call_command("exportcases", "--suite", "capitals", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_stdout_gets_json_lines(two: Suite) -> None:
    lines = [json.loads(line) for line in export().splitlines()]
    assert [line["key"] for line in lines] == ["a", "b"]


def test_an_old_version_is_exported_when_named(two: Suite) -> None:
    assert len(export("--at", "1").splitlines()) == 1
    with pytest.raises(CommandError, match="suite_version_unknown"):
        export("--at", "3")


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz", "c.csv", "c.csv.gz"])
def test_a_file_has_the_form_of_its_name(two: Suite, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    export("--output", str(path))
    data = path.read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode()
    assert text.startswith("key,state," if ".csv" in name else '{"key":"a"')
    assert len(text.splitlines()) == (3 if ".csv" in name else 2)


def test_an_unknown_suite_is_usage(suite: Suite) -> None:
    with pytest.raises(CommandError) as failed:
        call_command("exportcases", "--suite", "nope")
    assert failed.value.returncode == 2
