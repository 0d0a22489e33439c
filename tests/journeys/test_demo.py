"""`manage.py demo` on an empty data folder, and once more on what it left."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

import pytest

from evalsite.embedded.demo import (
    MailMissing,
    files_in,
    quoted,
    wait_for_mail,
)
from evalsite.embedded.keep import keep_password
from evalsite.env import ROOT

_ELSEWHERE = (
    *("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_MAINT_URL", "DATABASE_ADMIN_URL"),
    *("BROKER_URL", "VALKEY_URL", "EMAIL_URL", "SECRET_KEY"),
)


# The extras of pyproject.toml: whoever types `make demo` has requirements.txt and nothing else.
_EXTRAS = ("allauth", "mcp", "opentelemetry", "pyarrow", "safetensors", "storages", "tokenizers")
_HIDING = f"""
from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec


def without_extras(name, *places):
    return None if name.partition(".")[0] in {_EXTRAS} else find_spec(name, *places)


PathFinder.find_spec = without_extras
"""


class Shown(NamedTuple):
    """A data folder, and what the demo said on it, the first and the second time."""

    data: Path
    first: str
    second: str


def _bare(folder: Path) -> dict[str, str]:
    """Answer an environment in which every Python, workers too, finds no extra installed."""
    (folder / "sitecustomize.py").write_text(_HIDING)
    return {"PYTHONPATH": str(folder), "WORKER_SLOTS": "1"}


def manage(data: Path, *arguments: str, seconds: float = 100) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**kept, **_bare(data.parent), "EVALSITE_DATA_DIR": str(data), "COLUMNS": "100"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    # Sockets need a short path, shorter than pytest's own folders; root lends it to PostgreSQL.
    folder = Path(tempfile.mkdtemp(prefix="evalsite-"))
    folder.chmod(0o755)
    try:
        yield folder / "data"
    finally:
        manage(folder / "data", "services", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shown(data: Path) -> Shown:
    first, second = (manage(data, "demo") for _ in range(2))
    assert first.returncode == 0, first.stdout + first.stderr
    assert second.returncode == 0, second.stdout + second.stderr
    return Shown(data, first.stdout, second.stdout)


def test_the_demo_tells_its_story(shown: Shown) -> None:
    for said in (
        "tenant demo: made",
        "cases: 72 new",
        "72 cases: 64 passed, 7 failed, 0 unscored, 1 errored",
        "72 cases: 54 passed, 16 failed, 1 unscored, 1 errored",
        "Regressed against assistant-1-4",
        "gate assistant-release v1: Failed",
        "To: owner@demo.example",
        "found   Regression in suite assistant: pass rate 89.9 % -> 76.8 %",
        "gate    assistant-release: no",
        "assistant v1 / nl2api: 2 runs by pass rate",
        "reject. Claimed: success of the variant is not worse by 3 points or more.",
        "make serve",
    ):
        assert said in shown.first


def test_the_two_versions_pass_differently(shown: Shown) -> None:
    listed = manage(shown.data, "listbatches", "--tenant", "demo", "--json").stdout
    rates = {line["run"]: line["pass_rate"] for line in map(json.loads, listed.splitlines())}
    assert rates["assistant-1-4"] == pytest.approx(64 / 71)
    assert rates["assistant-1-5"] == pytest.approx(54 / 70)


def test_each_change_of_state_is_mailed_once(shown: Shown) -> None:
    mails = [path.read_text() for path in sorted((shown.data / "mail").glob("*.log"))]
    subjects = [mail.partition("Subject: ")[2].split()[0] for mail in mails]
    assert subjects == ["Regression", "Recovery", "Regression"]


def test_a_second_demo_says_what_was_there(shown: Shown) -> None:
    assert "tenant demo: was there already" in shown.second
    assert "0 new, 0 changed, 72 unchanged" in shown.second
    assert "Improved against assistant-1-5" in shown.second
    assert "Regressed against assistant-1-4" in shown.second
    assert "experiment assistant-1-5: was decided already" in shown.second


def test_the_mail_shown_fits_into_100_columns(shown: Shown) -> None:
    mail = shown.first.partition("The e-mail about it")[2]
    assert max(map(len, mail.splitlines())) <= 100


def test_no_pipe_sees_the_password(shown: Shown) -> None:
    kept = shown.data / "demo_password"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(kept.read_text().strip()) >= 16
    assert kept.read_text().strip() not in shown.first + shown.second


def test_a_password_is_made_once(tmp_path: Path) -> None:
    first = keep_password(tmp_path / "data" / "word")
    assert keep_password(tmp_path / "data" / "word") == first != ""


def put_mail(folder: Path, name: str, *subjects: str) -> Path:
    text = ""
    for subject in subjects:
        mail = EmailMessage()
        mail["To"], mail["Subject"] = "a@demo.example", subject
        mail.set_content(f"About {subject}, naïvely\n")
        text += f"{mail}\n{'-' * 79}\n"
    (folder / name).write_text(text)
    return folder / name


def test_the_newest_mail_of_a_file_is_read(tmp_path: Path) -> None:
    old, new = put_mail(tmp_path, "1.log", "old"), put_mail(tmp_path, "2.log", "one", "two")
    mail = wait_for_mail(tmp_path, known={old}, push=lambda: None)
    assert mail[:3] == (new, "a@demo.example", "two")
    assert mail.text == "About two, naïvely\n"


def test_a_mail_that_waits_is_pushed(tmp_path: Path) -> None:
    mail = wait_for_mail(tmp_path, known=set(), push=lambda: put_mail(tmp_path, "1.log", "late"))
    assert mail.subject == "late"


def test_half_a_mail_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "1.log").write_text("To: a@demo.example\nSubject: cut o")
    with pytest.raises(MailMissing) as caught:
        wait_for_mail(tmp_path, known=set(), push=lambda: None, seconds=0)
    assert caught.value.code == "demo_mail_missing"


def test_no_folder_holds_no_mail(tmp_path: Path) -> None:
    assert files_in(tmp_path / "nowhere") == set()


def test_a_mail_is_quoted_within_100_columns() -> None:
    lines = list(quoted("Short\n\n   " + "long " * 40))
    assert lines[:2] == ["| Short", "|"]
    assert all(line.startswith("|    long") and len(line) <= 100 for line in lines[2:])
    assert len(lines) > 3
