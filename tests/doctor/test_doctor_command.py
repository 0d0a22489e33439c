"""`manage.py doctor` as an operator runs it at night."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from evalsite.doctor import examine
from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.doctor.management.commands import doctor
from evalsite.env import ROOT
from tests.services import Services

PAGE = (ROOT / "docs" / "doctor.md").read_text()


def run(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    command = [sys.executable, "manage.py", "doctor", *options]
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder() -> Iterator[str]:
    """A data folder whose servers were never started; sockets want a short path."""
    with tempfile.TemporaryDirectory(prefix="doctor-") as made:
        yield f"{made}/data"


def test_with_everything_away_it_says_so_and_starts_nothing(folder: str) -> None:
    done = run({"EVALSITE_DATA_DIR": folder}, "--json")
    assert (done.returncode, done.stderr) == (doctor.FAILED, "")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    levels = {one["check"]: one["level"] for one in told}
    assert set(levels) == {check.name for check in examine.CHECKS}
    assert (levels["database"], levels["broker"], levels["wall"]) == ("error", "error", "unknown")
    assert all(one["fix"] for one in told if one["level"] in ("warning", "error"))
    assert not (Path(folder) / "postgres").exists()


def test_a_running_site_is_told_in_a_table(services: Services, django_db_setup: None) -> None:
    done = run(services.embedded_environment())
    assert done.stderr == ""
    assert "answers in" in done.stdout
    assert not re.findall(r"^error", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize(
    ("variable", "value"), [("SWEEP_SECONDS", "often"), ("EVALSITE_DATA_DIR", "/proc/nowhere")]
)
def test_settings_that_cannot_be_used_are_told_in_a_line(variable: str, value: str) -> None:
    done = run({variable: value})
    assert done.returncode == 1
    assert done.stderr.startswith(f"[settings_invalid] {variable}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("finding", "options", "code"),
    [
        (ok("well"), [], None),
        (ok("well"), ["--strict"], None),
        (warn("odd", "odd", fix="see"), [], None),
        (warn("odd", "odd", fix="see"), ["--strict"], doctor.WARNED),
        (fail("broken", "broken", fix="mend"), [], doctor.FAILED),
        (fail("broken", "broken", fix="mend"), ["--strict"], doctor.FAILED),
    ],
)
def test_exit_codes(
    finding: Finding, options: list[str], code: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = [examine.Told("a", finding)]
    monkeypatch.setattr(doctor, "examine", lambda: iter(told))
    ended = None
    try:
        call_command("doctor", *options)
    except SystemExit as end:
        ended = end.code
    assert ended == code


def test_each_check_and_code_is_told_in_the_docs() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    levels = {"ok", "warning", "unknown", "error"}
    assert rows - levels == {check.name for check in examine.CHECKS} | _codes()


def _codes() -> set[str]:
    """Read from the source which codes the doctor can give."""
    found = set()
    for path in (ROOT / "evalsite" / "doctor").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                code = node.args[0]
                is_finding = node.func.id in ("warn", "fail", "unknown", "tell")
                if is_finding and isinstance(code, ast.Constant):
                    found.add(str(code.value))
    return found | {examine.NOT_ASKED, "role_unsafe", "role_too_strong"}
