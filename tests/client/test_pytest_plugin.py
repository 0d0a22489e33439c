"""The plug-in as a user has it: pytest in a process of its own, with and without xdist."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from evalsite.env import ROOT
from evalsite_client.intervals import units_wanted, wilson
from evalsite_client.pytest_plugin.verdict import Done, judge
from tests.client.conftest import KEY
from tests.client.fake_server import Asked, FakeServer, Reply, Respond

pytest_plugins = ["pytester"]
Serve = Callable[[Respond], FakeServer]
Run = Callable[..., pytest.RunResult]
IDS = {name: str(uuid4()) for name in ("suite", "target", "run", "experiment")}
BOTH = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
ANSWERS = """
    import pytest

    @pytest.mark.evalsite(suite="sums", cases="cases.jsonl", {asked})
    def test_sums(evalsite):
        answer = evalsite.live(lambda n: {{"answer": n}}, evalsite.case.input)
        assert answer["answer"] < {right}
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest with the plug-in over a test module."""
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", os.fspath(ROOT / "evalsite" / "client"))
    monkeypatch.setenv("GIT_COMMIT", "c0ffee")

    def go(*options: str, source: str, n: int = 20) -> pytest.RunResult:
        pytester.makepyfile(source)
        rows = [json.dumps({"key": f"k{i:02}", "input": i, "expected": i}) for i in range(n)]
        (pytester.path / "cases.jsonl").write_text("\n".join(rows))
        given = ("-p", "evalsite_client.pytest_plugin", "-p", "no:cacheprovider", *options)
        if "-n" in options:
            return pytester.runpytest_subprocess("-p", "xdist", *given)
        return pytester.runpytest_inprocess(*given)

    return go


@BOTH
def test_it_passes_when_the_lower_end_clears(run: Run, workers: tuple[str, ...]) -> None:
    source = ANSWERS.format(asked="threshold=0.7", right=19)
    done = run(*workers, "--evalsite-live", source=source)
    done.assert_outcomes(passed=20, xfailed=1)
    assert done.ret == 0
    done.stdout.fnmatch_lines("*test_sums: 95.0% over 20 cases, 95% interval 76.4% to 99.1%*")


def test_a_rate_above_the_threshold_is_not_enough(run: Run) -> None:
    source = ANSWERS.format(asked="threshold=0.8", right=19)
    done = run("--evalsite-live", source=source)
    done.assert_outcomes(passed=19, xfailed=1, failed=1)
    assert done.ret == 1
    done.stdout.fnmatch_lines("*not shown to clear it; at this rate 28 cases would show it*")


def test_repeats_do_not_pass_for_cases(run: Run) -> None:
    source = ANSWERS.format(asked="threshold=0.5, repeats=20", right=99)
    done = run("--evalsite-live", source=source, n=3)
    done.assert_outcomes(passed=60, failed=1)
    done.stdout.fnmatch_lines("*100.0% over 3 cases, 95% interval 43.9% to 100.0%*")


def test_without_live_nothing_is_called(run: Run) -> None:
    done = run(source=ANSWERS.format(asked="threshold=0.7", right=19))
    done.assert_outcomes(skipped=20)
    assert "evalsite" not in done.stdout.str().partition("short test summary")[0].splitlines()[-1]
    assert done.ret == 0


def test_recorded_answers_stand_in_for_live_ones(run: Run, pytester: pytest.Pytester) -> None:
    rows = [json.dumps({"key": f"k{i:02}", "answer": {"answer": 0}}) for i in range(20)]
    (pytester.path / "recorded.jsonl").write_text("\n".join(rows))
    source = ANSWERS.format(asked='threshold=0.8, outputs="recorded.jsonl"', right=1)
    run(source=source).assert_outcomes(passed=21)


def test_cases_that_did_not_run_do_not_pass(run: Run, pytester: pytest.Pytester) -> None:
    (pytester.path / "recorded.jsonl").write_text('{"key": "k00", "answer": {"answer": 0}}')
    source = ANSWERS.format(asked='threshold=0, outputs="recorded.jsonl"', right=1)
    done = run(source=source)
    done.assert_outcomes(passed=1, skipped=19, failed=1)
    done.stdout.fnmatch_lines("*19 of 20 trials came to nothing (k01 #0*live calls are off*")


def test_a_broken_test_fails_and_is_no_zero(run: Run) -> None:
    source = """
        import pytest

        @pytest.mark.evalsite(suite="sums", cases="cases.jsonl", threshold=0.1)
        def test_sums(evalsite):
            if evalsite.case.key == "k03":
                raise ConnectionError("away")
    """
    done = run(source=source)
    done.assert_outcomes(passed=19, failed=2)
    done.stdout.fnmatch_lines("*100.0% over 19 of 20 cases*1 of 20 trials came to nothing*away*")


def test_a_score_counts_as_it_is(run: Run) -> None:
    source = """
        import pytest

        @pytest.mark.evalsite(suite="sums", cases="cases.jsonl", threshold=0.2)
        def test_sums(evalsite):
            evalsite.record(score=0.5)
    """
    done = run(source=source)
    done.stdout.fnmatch_lines("*50.0% over 20 cases, 95% interval 29.9% to 70.1%*")


def test_an_interrupted_session_has_no_verdict(run: Run) -> None:
    source = ANSWERS.format(asked="threshold=0", right=99) + "        raise KeyError\n"
    done = run("-x", "--evalsite-live", source=source)
    done.assert_outcomes(failed=1)


@pytest.mark.parametrize(
    "asked", ["threshold=2", "repeats=0, threshold=1", "", "threshold=0.5, thershold=1"]
)
def test_a_marker_that_cannot_be_meant_is_refused(run: Run, asked: str) -> None:
    done = run(source=ANSWERS.format(asked=asked, right=1))
    assert done.ret != 0
    assert "@pytest.mark.evalsite:" in done.stdout.str() + done.stderr.str()


@BOTH
def test_results_are_uploaded_once(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    fake = _server(serve, monkeypatch)
    source = ANSWERS.format(asked="threshold=0.3, repeats=2", right=19)
    done = run(*workers, "--evalsite-live", "--evalsite-run", "nightly", source=source)
    assert done.ret == 0
    opened, outputs, completed = [one for one in fake.asked if one.method == "POST"]
    assert opened.json["commit"] == "c0ffee"
    assert opened.json["name"] == "nightly"
    rows = [json.loads(line) for line in outputs.body.splitlines()]
    assert {(row["key"], row["repetition"]) for row in rows} == {
        (f"k{i:02}", turn) for i in range(20) for turn in range(2)
    }
    assert rows[0]["answer"] == {"answer": int(rows[0]["key"][1:])}
    assert completed.path == f"/api/v1/runs/{IDS['run']}/complete"


def test_results_of_an_experiment_are_uploaded(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = _server(serve, monkeypatch)
    source = ANSWERS.format(asked="threshold=0.3", right=19)
    assert run("--evalsite-live", "--evalsite-experiment", "prompt", source=source).ret == 0
    (sent,) = [one for one in fake.asked if one.method == "POST"]
    rows = {row["task"]: row for row in map(json.loads, sent.body.splitlines())}
    assert (rows["k18"]["success"], rows["k19"]["success"]) == (True, False)
    assert rows["k19"]["version"] == rows["k19"]["metadata"]["commit"] == "c0ffee"
    assert rows["k19"]["latency_ms"] >= 0


@BOTH
def test_cases_come_from_the_server(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    fake = _server(serve, monkeypatch)
    source = ANSWERS.replace('cases="cases.jsonl", ', "").format(asked="threshold=0.1", right=9)
    done = run(*workers, "--evalsite-live", "--evalsite-no-upload", source=source)
    done.assert_outcomes(passed=6)
    assert not [one for one in fake.asked if one.method == "POST"]


def test_an_upload_that_fails_is_not_passed_over(
    run: Run, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = _server(serve, monkeypatch)
    fake.respond = lambda asked: Reply(403, {"code": "scope_missing", "detail": "no"})
    source = ANSWERS.format(asked="threshold=0.3", right=19)
    done = run("--evalsite-live", source=source)
    assert done.ret == 1
    done.stdout.fnmatch_lines("*not uploaded: *scope_missing*")
    assert KEY not in done.stdout.str()


@pytest.mark.parametrize("n", [1, 5, 40, 400])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.97, 1.0])
def test_the_interval_is_that_of_the_server(n: int, share: float) -> None:
    from evalsite.stats import intervals

    ours, theirs = wilson(share, n), intervals.wilson(share * n, n)
    assert ours == pytest.approx(theirs)


@pytest.mark.parametrize(("rate", "threshold"), [(0.95, 0.8), (1.0, 0.8), (0.81, 0.8)])
def test_the_cases_that_are_wanted_are_just_enough(rate: float, threshold: float) -> None:
    n = units_wanted(rate, threshold=threshold)
    assert n is not None
    assert wilson(rate, n).low >= threshold > wilson(rate, n - 1).low
    assert units_wanted(threshold, threshold=threshold) is None


def test_a_case_is_one_unit_whatever_its_repeats() -> None:
    shared: dict[str, Any] = {
        "group": "g",
        "suite": "s",
        "n_cases": 2,
        "threshold": 0.5,
        "confidence": 0.95,
    }
    trials = [
        Done(key=key, repetition=turn, value=value, passed=bool(value), told={}, **shared)
        for key, values in {"a": (1.0, 1.0, 1.0, 1.0), "b": (0.0,)}.items()
        for turn, value in enumerate(values)
    ]
    verdict = judge(trials)
    assert verdict is not None
    assert verdict.text.startswith("50.0% over 2 cases")


def _server(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = serve(_answer)
    monkeypatch.setenv("EVALSITE_URL", fake.url)
    monkeypatch.setenv("EVALSITE_API_KEY", KEY)
    return fake


def _answer(asked: Asked) -> Reply:
    kind = asked.path.removeprefix("/api/v1/").partition("s/")[0].removesuffix("s")
    if asked.path.endswith("/cases"):
        rows = [{"id": str(uuid4()), "key": f"k{i}", "input": i} for i in range(5)]
        return Reply(body={"results": rows, "next": None})
    if asked.path.endswith(("/outputs", "/bulk")):
        return Reply(body={"new": 1})
    row = {"id": IDS[kind], "name": asked.params.get("name", "x"), "pack": "exact", "version": 1}
    row |= {"target": IDS["target"], "status": "running", "state": "open"}
    one = asked.method == "POST"
    return Reply(body=row if one else {"results": [row], "next": None})
