"""The commands' exit codes and files, against a fake server."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from evalsite_client.__main__ import main
from evalsite_client.commands.commit import current_commit
from tests.client.conftest import KEY
from tests.client.fake_server import Asked, FakeServer, Reply, Respond, problem

Serve = Callable[[Respond], FakeServer]
GATE, BATCH, RUN, CHECK = (str(uuid4()) for _ in range(4))
CODES = {"passed": 0, "failed": 3, "needs_review": 4}
ROW = {"key": "a", "answer": {"answer": 1}}


class Site:
    """What the fake server answers; tests change its parts."""

    def __init__(self) -> None:
        self.outcome = "passed"
        self.refusal: Reply | None = None
        self.state = "finished"
        self.pass_rate: float | None = 0.9
        self.new = 1

    def respond(self, asked: Asked) -> Reply:
        """Answer as the API does."""
        path = asked.path.removeprefix("/api/v1/")
        if path.endswith("/check"):
            return self.refusal or Reply(201, self._check())
        if path.endswith("/junit"):
            return Reply(body=b"<testsuites/>")
        if path.endswith("/outputs"):
            return Reply(body={"new": self.new})
        if path.endswith("/summaries"):
            whole = {"n": 10, "pass_rate": self.pass_rate, "pass_low": 0.6, "pass_high": 0.98}
            return Reply(body={"results": [whole], "next": None})
        if path.startswith("gates"):
            return Reply(body={"results": [{"id": GATE, "name": "release"}], "next": None})
        if path.startswith("batches"):
            batch = {"id": BATCH, "state": self.state, "suite": GATE, "run": RUN}
            return Reply(202, {**batch, "paused_reason": "the cap is met"})
        return Reply(201, {"id": RUN, "name": "r", "target": GATE, "status": "running"})

    def _check(self) -> dict[str, Any]:
        compared = {"id": CHECK, "verdict": "same", "batch": BATCH, "baseline": BATCH}
        told = {"outcome": self.outcome, "exit_code": CODES[self.outcome], "comparison": compared}
        return {**compared, **told, "markdown": "## told"}


@pytest.fixture
def site(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> tuple[Site, FakeServer]:
    """A server that answers, and the environment that names it."""
    made = Site()
    fake = serve(made.respond)
    monkeypatch.setenv("EVALSITE_URL", fake.url)
    monkeypatch.setenv("EVALSITE_API_KEY", KEY)
    return made, fake


@pytest.mark.parametrize("outcome", CODES)
def test_a_gate_ends_with_its_code(
    site: tuple[Site, FakeServer], outcome: str, capsys: pytest.CaptureFixture[str]
) -> None:
    site[0].outcome = outcome
    assert main(["gate", "release", "--batch", BATCH]) == CODES[outcome]
    assert capsys.readouterr().out == f"{outcome}\n"


def test_a_gate_writes_its_files(site: tuple[Site, FakeServer], tmp_path: Path) -> None:
    junit, summary = tmp_path / "junit.xml", tmp_path / "summary.md"
    main(["gate", "release", "--run", "r", "--junit", str(junit), "--summary", str(summary)])
    assert (junit.read_text(), summary.read_text()) == ("<testsuites/>", "## told")
    assert {path.name for path in tmp_path.iterdir()} == {"junit.xml", "summary.md"}


def test_without_a_baseline_a_gate_is_undecided(
    site: tuple[Site, FakeServer], tmp_path: Path
) -> None:
    site[0].refusal = problem(400, code="baseline_unknown", detail="there is none")
    summary = tmp_path / "summary.md"
    assert main(["gate", "release", "--batch", BATCH, "--summary", str(summary)]) == 4
    assert summary.read_text() == "## ? gate release: not checked, there is none\n"
    assert main(["gate", "release", "--batch", BATCH, "--baseline", "pinned"]) == 2


def test_a_gate_that_is_not_there_is_wrong_usage(site: tuple[Site, FakeServer]) -> None:
    assert main(["gate", "other", "--batch", BATCH]) == 2


def test_a_file_that_cannot_be_written_is_an_error(site: tuple[Site, FakeServer]) -> None:
    assert main(["gate", "release", "--batch", BATCH, "--summary", "nowhere/summary.md"]) == 1


@pytest.mark.parametrize(("state", "code"), [("finished", 0), ("paused", 4), ("cancelled", 4)])
def test_a_batch_that_is_not_finished_is_undecided(
    site: tuple[Site, FakeServer], state: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    site[0].state = state
    assert main(["evaluate", "--suite", "s", "--run", "r", "--max-cost", "1"]) == code
    told = capsys.readouterr()
    assert told.out == f"{BATCH}\n"
    assert ("the cap is met" in told.err) == (code == 4)
    assert site[1].asked[0].json == {"suite": "s", "run": "r", "max_cost_usd": 1.0}


def test_a_batch_that_takes_too_long_is_undecided(site: tuple[Site, FakeServer]) -> None:
    site[0].state = "running"
    assert main(["evaluate", "--suite", "s", "--run", "r", "--timeout", "0"]) == 4
    assert main(["evaluate", "--suite", "s", "--run", "r", "--no-wait"]) == 0


def test_no_verdict_at_all_is_said(
    site: tuple[Site, FakeServer], capsys: pytest.CaptureFixture[str]
) -> None:
    site[0].pass_rate = None
    main(["evaluate", "--suite", "s", "--run", "r"])
    assert "no case has a verdict" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["outputs.jsonl", "outputs.jsonl.gz", "-"])
def test_outputs_are_recorded(
    site: tuple[Site, FakeServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    line = json.dumps(ROW).encode() + b"\n\n"
    (tmp_path / name).write_bytes(gzip.compress(line) if name.endswith("gz") else line)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line)))
    place = name if name == "-" else str(tmp_path / name)
    assert main(["record", place, "--suite", "s", "--run", "r", "--commit", "c1"]) == 0
    opened, sent = site[1].asked
    assert (opened.json["commit"], opened.json["target"]) == ("c1", "s")
    assert json.loads(sent.body) == ROW


def test_nothing_recorded_is_told(site: tuple[Site, FakeServer], tmp_path: Path) -> None:
    site[0].new = 0
    (tmp_path / "none.jsonl").write_text("")
    assert main(["record", str(tmp_path / "none.jsonl"), "--suite", "s", "--run", "r"]) == 5


def test_a_file_that_is_none_is_an_error(
    site: tuple[Site, FakeServer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.jsonl").write_text('{"key": 1}\nno JSON\n')
    for place in (tmp_path / "bad.jsonl", tmp_path / "nowhere.jsonl"):
        assert main(["record", str(place), "--suite", "s", "--run", "r"]) == 1
    told = capsys.readouterr().err
    assert "line 2 is no JSON" in told
    assert "nowhere.jsonl cannot be read" in told


def test_without_a_key_nothing_is_sent(
    site: tuple[Site, FakeServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVALSITE_API_KEY")
    assert main(["gate", "release", "--batch", BATCH]) == 2
    assert not site[1].asked


def test_the_commit_is_what_ci_or_git_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("CI_COMMIT_SHA", "BUILD_SOURCEVERSION", "GIT_COMMIT", "GITHUB_SHA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert current_commit() == ""
    monkeypatch.setenv("CI_COMMIT_SHA", "c2")
    assert current_commit() == "c2"
