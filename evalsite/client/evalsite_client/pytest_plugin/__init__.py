"""A pytest plug-in: a test is run once for each case and repeat, and passes as a whole when the
lower end of its interval clears a threshold.

A single case that fails an assertion is counted, and shown as xfailed. Any other exception is a
broken test and fails as ever. Without --evalsite-live nothing leaves this machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from evalsite_client.pytest_plugin.cases import from_file, from_server, rows_of
from evalsite_client.pytest_plugin.mark import LINE, MARK, Asked, asked
from evalsite_client.pytest_plugin.session import SHARED, Gathered, as_told
from evalsite_client.pytest_plugin.trial import Planned, Trial
from evalsite_client.pytest_plugin.verdict import Done

_TRIAL: Final = pytest.StashKey[Trial]()
_COUNTED: Final = "counted: the test as a whole has the threshold"
_OPTIONS: Final = {
    "--evalsite-run": "name of the run that is uploaded",
    "--evalsite-target": "system under test; the first suite's name if left out",
    "--evalsite-experiment": "upload results of this experiment, not outputs of a run",
    "--evalsite-version": "version in the experiment; the git commit if left out",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("evalsite")
    group.addoption(
        "--evalsite-live", action="store_true", help="call live systems, and the evalsite server"
    )
    group.addoption("--evalsite-no-upload", action="store_true", help="keep the results here")
    group.addoption("--evalsite-group", default="variant", choices=("baseline", "variant"))
    for name, told in _OPTIONS.items():
        group.addoption(name, default="", help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known; gather where the session ends, which is not in xdist's workers."""
    config.addinivalue_line("markers", LINE)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Gathered(config), "evalsite-gathered")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each case and repeat."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None or MARK not in metafunc.fixturenames:
        return
    wanted = asked(mark, beside=metafunc.definition.path)
    config = metafunc.config
    if wanted.cases is None and not config.option.evalsite_live:
        reason = f"the cases of {wanted.suite} are on the server: give --evalsite-live"
        skip = pytest.param(None, marks=pytest.mark.skip(reason=reason), id=wanted.suite)
        metafunc.parametrize(MARK, [skip], indirect=True)
        return
    planned = _plan(wanted, config=config)
    metafunc.parametrize(MARK, planned, ids=map(_id, planned), indirect=True)


@pytest.fixture
def evalsite(request: pytest.FixtureRequest) -> Trial:
    """The case, and what is to be kept of trying it."""
    planned = getattr(request, "param", None)
    if not isinstance(planned, Planned):
        raise pytest.UsageError("the fixture evalsite wants @pytest.mark.evalsite(...)")
    trial = Trial(planned, live=request.config.option.evalsite_live)
    request.node.stash[_TRIAL] = trial
    return trial


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Leave the trial's outcome in its report; a failed assertion is counted, not final."""
    report: pytest.TestReport = yield
    planned = _planned(item)
    if planned is None or not _is_last_word(report):
        return report
    trial = item.stash.get(_TRIAL, None) or Trial(planned, live=False)
    raised = call.excinfo
    failed = raised is not None and raised.errisinstance((AssertionError, pytest.fail.Exception))
    counts = report.when == "call" and (report.passed or failed)
    why = raised.exconly(tryshort=True).partition("\n")[0] if raised else "no outcome"
    done = _done(item, trial, report=report, why=None if counts else why)
    report.__dict__["evalsite"] = as_told(done)
    if failed and report.when == "call":
        report.outcome = "skipped"
        report.__dict__["wasxfail"] = _COUNTED
    return report


def _plan(wanted: Asked, *, config: pytest.Config) -> list[Planned]:
    shared = getattr(config, "workerinput", {}).get(SHARED)
    if wanted.cases is not None:
        cases = from_file(wanted.cases)
    else:
        cases = from_server(wanted.suite, shared=Path(shared) if shared else None)
    recorded = {}
    if wanted.outputs is not None:
        rows = rows_of(wanted.outputs)
        recorded = {(row["key"], row.get("repetition", 0)): row.get("answer") for row in rows}
    return [
        Planned(wanted, case, turn, len(cases), recorded.get((case.key, turn)))
        for case in cases
        for turn in range(wanted.repeats)
    ]


def _id(planned: Planned) -> str:
    key = planned.case.key
    return key if planned.asked.repeats == 1 else f"{key}#{planned.repetition}"


def _planned(item: pytest.Item) -> Planned | None:
    callspec = getattr(item, "callspec", None)
    planned = callspec.params.get(MARK) if callspec else None
    return planned if isinstance(planned, Planned) else None


def _is_last_word(report: pytest.TestReport) -> bool:
    """A trial that did not come through its setup is not called."""
    return report.when == "call" or (report.when == "setup" and not report.passed)


def _done(item: pytest.Item, trial: Trial, *, report: pytest.TestReport, why: str | None) -> Done:
    """Say what became of a trial; `why` is None where it counts."""
    planned, value = trial.planned, None
    if why is None:
        value = float(report.passed) if trial.score is None else trial.score
    return Done(
        group=item.nodeid.partition("[")[0],
        suite=planned.asked.suite,
        key=planned.case.key,
        repetition=planned.repetition,
        n_cases=planned.n_cases,
        threshold=planned.asked.threshold,
        confidence=planned.asked.confidence,
        value=value,
        passed=report.passed,
        why=why or "",
        skipped=report.skipped,
        told=trial.told,
    )
