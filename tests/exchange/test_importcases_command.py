"""`manage.py importcases`, as a person and as a program meets it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.audit.models import Entry
from evalsite.cases.models import Suite, TestCase
from evalsite.env import ROOT
from evalsite.tenants.models import Tenant
from tests.exchange.conftest import Run, Write


def case(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "input": {"question": "q"}, "expected": {"answer": 1}, **fields}


def test_the_suite_is_made_when_a_pack_is_named(write: Write, run: Run) -> None:
    events, _ = run("importcases", write([case("a"), case("b")]), "--suite", "s", "--pack", "exact")
    assert events == [
        {
            "event": "imported",
            "suite": "s",
            "version": 1,
            "dry_run": False,
            "codes": {},
            "new": 2,
            "changed": 0,
            "unchanged": 0,
            "bad": 0,
        }
    ]
    assert Entry.objects.filter(actor="importcases").count() == 2


@pytest.mark.parametrize("name", ["c.jsonl.gz", "c.csv", "c.csv.gz"])
def test_packed_files_and_csv_are_taken(write: Write, run: Run, suite: Suite, name: str) -> None:
    as_csv = [b"key,input.question,expected.answer", b"a,q,x"]
    lines = as_csv if ".csv" in name else [case("a")]
    events, _ = run("importcases", write(lines, name), "--suite", suite.name)
    assert events[-1]["new"] == 1


def test_bad_lines_end_with_exit_code_1(
    write: Write, run: Run, suite: Suite, events: list[Any]
) -> None:
    with pytest.raises(CommandError) as failed:
        run("importcases", write([case("a"), b"{"]), "--suite", suite.name)
    assert failed.value.returncode == 1
    assert [(e["event"], e["code"]) for e in events] == [
        ("bad_line", "json_invalid"),
        ("refused", "lines_refused"),
    ]
    assert TestCase.objects.count() == 0


def test_skip_bad_lists_each_by_line_and_code(write: Write, run: Run, suite: Suite) -> None:
    path = write([b"\xff", case("a"), case("a"), b"[]"])
    events, _ = run("importcases", path, "--suite", suite.name, "--skip-bad")
    assert [(e["line"], e["code"]) for e in events[:-1]] == [
        (1, "not_utf8"),
        (4, "not_an_object"),
        (3, "key_repeated"),
    ]
    assert (events[-1]["new"], events[-1]["bad"]) == (1, 3)


def test_a_dry_run_makes_neither_suite_nor_cases(write: Write, run: Run) -> None:
    events, _ = run(
        "importcases", write([case("a")]), "--suite", "s", "--pack", "exact", "--dry-run"
    )
    assert (events[-1]["dry_run"], events[-1]["new"]) == (True, 1)
    assert Suite.objects.count() == Entry.objects.count() == 0


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["--suite", "nope"], "suite_unknown", 2),
        (["--suite", "nope", "--pack", "nope"], "pack_unknown", 2),
        (["--suite", "no pe", "--pack", "exact"], "suite_name_invalid", 2),
        (["--suite", "capitals", "--pack", "nl2api"], "suite_pack_mismatch", 2),
    ],
)
def test_what_cannot_be_done_as_asked_is_usage(
    write: Write,
    run: Run,
    suite: Suite,
    events: list[Any],
    arguments: list[str],
    code: str,
    exit_code: int,
) -> None:
    with pytest.raises(CommandError) as failed:
        run("importcases", write([case("a")]), *arguments)
    assert (events[-1]["code"], failed.value.returncode) == (code, exit_code)


def test_a_missing_file_is_usage(run: Run, suite: Suite, events: list[Any]) -> None:
    with pytest.raises(CommandError) as failed:
        run("importcases", "/nowhere/at.all", "--suite", suite.name)
    assert (events[-1]["code"], failed.value.returncode) == ("file_not_found", 2)


def test_an_empty_file_ends_with_exit_code_5(
    write: Write, run: Run, suite: Suite, events: list[Any]
) -> None:
    with pytest.raises(CommandError) as failed:
        run("importcases", write([]), "--suite", suite.name)
    assert (events[-1]["code"], failed.value.returncode) == ("nothing_imported", 5)


def test_people_hear_of_a_hundred_bad_lines(
    write: Write, suite: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write([case("a"), *[b"{"] * 150])
    call_command("importcases", path, "--suite", suite.name, "--tenant", "acme", "--skip-bad")
    told = capsys.readouterr()
    lines = told.err.splitlines()
    assert (told.out, len(lines)) == ("", 102)
    assert lines[-1] == "1 new, 0 changed, 0 unchanged, 150 bad; suite capitals now at version 1"


def test_control_characters_of_a_file_do_not_reach_the_terminal(
    write: Write, suite: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write([case("a"), case("b", **{"\x1b[31mred\u202e": 1})])
    call_command("importcases", path, "--suite", suite.name, "--tenant", "acme", "--skip-bad")
    told = capsys.readouterr().err
    assert "case_field_unknown" in told
    assert not {"\x1b", "\u202e"} & set(told)


def test_one_active_tenant_need_not_be_named(write: Write, suite: Suite) -> None:
    call_command("importcases", write([case("a")]), "--suite", suite.name)
    assert TestCase.objects.count() == 1


def test_one_of_several_tenants_must_be_named(write: Write, suite: Suite, globex: Tenant) -> None:
    with pytest.raises(CommandError, match="tenant_not_named") as failed:
        call_command("importcases", write([case("a")]), "--suite", suite.name)
    assert failed.value.returncode == 2


def test_an_unknown_tenant_is_usage(db: None) -> None:
    with pytest.raises(CommandError, match="tenant_unknown"):
        call_command("importcases", "x", "--suite", "s", "--tenant", "nobody")
    with pytest.raises(CommandError, match="no tenant yet"):
        call_command("importcases", "x", "--suite", "s")


def test_the_help_names_the_exit_codes() -> None:
    shown = subprocess.run(
        [sys.executable, "manage.py", "importcases", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "5 nothing in the file" in " ".join(shown.stdout.split())
