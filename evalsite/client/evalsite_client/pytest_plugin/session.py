"""What a session gathers from its trials, wherever they ran, and what it says at the end."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from dataclasses import asdict
from typing import Any, Final

import pytest

from evalsite_client.client import Client
from evalsite_client.commands.commit import current_commit
from evalsite_client.errors import ClientError
from evalsite_client.pytest_plugin.upload import Destination, upload
from evalsite_client.pytest_plugin.verdict import Done, judge

SHARED: Final = "evalsite_shared"


class Gathered:
    """The trials of a session, on the process that ends it: xdist's workers send theirs there."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._trials: list[Done] = []
        self._shared: tempfile.TemporaryDirectory[str] | None = None
        self.lines: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give xdist's workers a folder in which they agree on the server's cases."""
        self._shared = self._shared or tempfile.TemporaryDirectory(prefix="evalsite-")
        node.workerinput[SHARED] = self._shared.name

    def pytest_unconfigure(self) -> None:
        """Remove that folder."""
        if self._shared is not None:
            self._shared.cleanup()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a trial left in its report."""
        told = getattr(report, "evalsite", None)
        if told is not None:
            self._trials.append(Done(**told))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Any:
        """Once all tests are over, say what each marked one came to, and upload the results."""
        done = yield
        for group, trials in self._groups().items():
            verdict = judge(trials)
            if verdict is not None:
                self.lines.append(f"{group}: {verdict.text}")
                failure = "" if verdict.passed else verdict.text
                _report(session, f"{group}[verdict]", failure=failure)
        if self._trials and self._may_upload():
            self._upload(session)
        return done

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the verdicts, those that passed too."""
        if self.lines:
            terminalreporter.section("evalsite")
        for line in self.lines:
            terminalreporter.write_line(line)

    def _groups(self) -> dict[str, list[Done]]:
        groups: dict[str, list[Done]] = defaultdict(list)
        for trial in self._trials:
            groups[trial.group].append(trial)
        return groups

    def _may_upload(self) -> bool:
        options = self._config.option
        named = os.environ.get("EVALSITE_URL") and os.environ.get("EVALSITE_API_KEY")
        return bool(options.evalsite_live and named and not options.evalsite_no_upload)

    def _upload(self, session: pytest.Session) -> None:
        options = self._config.option
        to = Destination(
            commit=current_commit(),
            run=options.evalsite_run,
            target=options.evalsite_target,
            experiment=options.evalsite_experiment,
            group=options.evalsite_group,
            version=options.evalsite_version,
        )
        try:
            with Client() as client:
                self.lines.append(upload(client, self._trials, to=to))
        except ClientError as error:
            self.lines.append(f"not uploaded: {error}")
            _report(session, "evalsite[upload]", failure=str(error))


def as_told(done: Done) -> dict[str, Any]:
    """Answer a trial as what can travel between processes."""
    return asdict(done)


def _report(session: pytest.Session, nodeid: str, *, failure: str) -> None:
    """Count one more test, which passed or failed."""
    session.testscollected += 1
    path, _, name = nodeid.rpartition("::")
    for when in ("setup", "call", "teardown"):
        failed = failure if when == "call" else ""
        report = pytest.TestReport(
            nodeid=nodeid,
            location=(path or nodeid, None, name),
            keywords={},
            outcome="failed" if failed else "passed",
            longrepr=failed or None,
            when=when,
        )
        session.config.hook.pytest_runtest_logreport(report=report)
