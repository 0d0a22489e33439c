"""createexperiment, recordresults, decideexperiment, showexperiment; the docs' example is run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.env import ROOT
from evalsite.experiments.models import Experiment, Result
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody
from tests.experiments.groups import fill_scores, graded
from tests.factories import make_experiment

LINE = {"task": "a", "group": "baseline", "version": "1.0", "score": 0.5}
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write lines to a file, answer its name."""

    def write(*lines: Any, name: str = "results.jsonl") -> str:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (tmp_path / name).write_text("\n".join(texts) + "\n")
        return str(tmp_path / name)

    return write


@pytest.fixture
def study(as_acme: Tenant) -> Experiment:
    return make_experiment(name="study")


def run(*words: str) -> list[Any]:
    """Run a command with --json; answers the objects on stdout, and the exit code last."""
    out, code = StringIO(), 0
    try:
        with nobody():
            call_command(*words, "--json", stdout=out, stderr=StringIO())
    except SystemExit as ended:
        code = int(str(ended.code))
    except CommandError as error:
        code = error.returncode
    return [*(json.loads(line) for line in out.getvalue().splitlines()), code]


def test_an_experiment_is_declared(as_acme: Tenant) -> None:
    told, code = run(
        *("createexperiment", "faster", "--metric", "latency_ms", "--margin", "20"),
        *("--claim", "superiority", "--max-dearer", "0.1", "--alpha", "0.05"),
    )
    assert (code, told["state"]) == (0, "open")
    made = Experiment.objects.get(name="faster")
    assert (made.primary_metric, made.claim, made.margin) == ("latency_ms", "superiority", 20)
    assert (made.alpha, made.max_dearer, made.max_slower) == (0.05, 0.1, None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--margin=-1",), "experiment_invalid"),
        (("--margin=nan",), "experiment_invalid"),
        (("--margin=0.1", "--alpha=0.7"), "experiment_invalid"),
        (("--margin=5", "--peek-safe"), "experiment_invalid"),
        (("--margin=5", "--peek-safe", "--metric=latency_ms"), "experiment_invalid"),
        (("--margin=0.1", "--suite=none"), "suite_unknown"),
    ],
)
def test_a_senseless_declaration_is_refused(
    as_acme: Tenant, words: tuple[str, ...], code: str
) -> None:
    with nobody(), pytest.raises(CommandError, match=code) as caught:
        call_command("createexperiment", "new", *words)
    assert caught.value.returncode == 2
    assert not Experiment.objects.exists()


def test_a_name_is_taken_once(study: Experiment) -> None:
    with nobody(), pytest.raises(CommandError, match="experiment_exists"):
        call_command("createexperiment", "study", "--margin", "0")


def test_a_file_is_recorded(study: Experiment, write: Write) -> None:
    name = write(LINE, {**LINE, "task": "b", "score": None, "reason": "timeout"})
    told, code = run("recordresults", name, "--experiment", "study")
    assert (code, told["new"], told["bad"]) == (0, 2, 0)
    told, _ = run("recordresults", name, "--experiment", "study")
    assert told["unchanged"] == 2


def test_csv_is_recorded(study: Experiment, write: Write) -> None:
    name = write(
        "task,score,success,latency_ms,metadata,agent_name",
        'a,0.5,true,12.5,"{""seed"": 1}",helper',
        "b,1,,,,",
        name="results.csv",
    )
    side = ("--group", "variant", "--client-version", "2.0")
    told, code = run("recordresults", name, "--experiment", "study", *side)
    assert (code, told["new"]) == (0, 2)
    first = Result.objects.get(task="a")
    assert (first.score, first.success, first.latency_ms) == (0.5, True, 12.5)
    assert (first.metadata, first.agent_name, first.version) == ({"seed": 1}, "helper", "2.0")


def test_one_bad_line_keeps_all_out(study: Experiment, write: Write) -> None:
    name = write(LINE, {**LINE, "task": "b", "score": 7}, "{broken", LINE)
    *bad, refused, code = run("recordresults", name, "--experiment", "study")
    assert [(each["line"], each["code"]) for each in bad] == [
        (2, "result_field_invalid"),
        (3, "json_invalid"),
        (4, "result_repeated"),
    ]
    assert (code, refused["code"]) == (1, "lines_refused")
    assert not Result.objects.exists()


def test_bad_lines_may_be_skipped(study: Experiment, write: Write) -> None:
    name = write(LINE, {**LINE, "task": "b", "score": 7})
    *_, told, code = run("recordresults", name, "--experiment", "study", "--skip-bad")
    assert (code, told["new"], told["bad"]) == (0, 1, 1)


def test_a_dry_run_keeps_nothing(study: Experiment, write: Write) -> None:
    told, _ = run("recordresults", write(LINE), "--experiment", "study", "--dry-run")
    assert (told["new"], told["dry_run"]) == (1, True)
    study.refresh_from_db()
    assert (Result.objects.count(), study.locked_at) == (0, None)


def test_a_wrong_column_is_refused(study: Experiment, write: Write) -> None:
    name = write("task,points", "a,1", name="results.csv")
    refused, code = run("recordresults", name, "--experiment", "study")
    assert (code, refused["code"]) == (1, "csv_header_invalid")


@pytest.mark.parametrize(
    ("shift", "verdict", "exit_code"), [(0.0, "deploy", 0), (-0.2, "reject", 3)]
)
def test_a_verdict_has_its_exit_code(
    study: Experiment, shift: float, verdict: str, exit_code: int
) -> None:
    fill_scores(study, graded(1, n=150), graded(2, n=150, shift=shift))
    told, code = run("decideexperiment", "study")
    assert (code, told["verdict"]) == (exit_code, verdict)


def test_an_empty_experiment_needs_review(study: Experiment) -> None:
    told, code = run("decideexperiment", "study")
    assert (code, [reason["code"] for reason in told["reasons"]]) == (4, ["group_empty"] * 2)


def test_too_few_tasks_promise_no_settlement(study: Experiment) -> None:
    run("decideexperiment", "study")
    out = StringIO()
    with nobody():
        call_command("showexperiment", "study", stdout=out)
    assert "Decided last at 2" in out.getvalue()
    assert "a test needs 15 more tasks in pairs" in out.getvalue()
    assert "would settle it" not in out.getvalue()


def test_an_unknown_experiment_is_told(as_acme: Tenant) -> None:
    for command in ("decideexperiment", "showexperiment"):
        assert run(command, "nobody") == [2]


def test_people_read_the_verdict_first(study: Experiment) -> None:
    fill_scores(study, graded(1, n=150), graded(2, n=150))
    out = StringIO()
    with nobody():
        call_command("decideexperiment", "study", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == "deploy. Claimed: score of the variant is not worse by 5 points or more."
    assert "against baseline 1.0, 150 tasks in pairs" in out.getvalue()


def test_an_experiment_is_shown(study: Experiment) -> None:
    fill_scores(study, graded(1, n=20), [*graded(2, n=19), None])
    told, code = run("showexperiment", "study")
    assert [(g["group"], g["tasks"], g["unscored"]) for g in told["groups"]] == [
        ("baseline", 20, 0),
        ("variant", 20, 1),
    ]
    assert (code, told["decision"]) == (0, None)
    out = StringIO()
    with nobody():
        call_command("showexperiment", "study", stdout=out)
    assert "locked by its results" in out.getvalue()


def test_the_example_of_the_docs_runs(
    as_acme: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "experiments.md").read_text()
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    monkeypatch.chdir(tmp_path)
    exec(compile(code[1], "docs/experiments.md", "exec"), {})
    ends = []
    for line in re.findall(r"^manage\.py (\w+experiment|recordresults)(.*)$", page, re.MULTILINE):
        *_, ended = run(line[0], *line[1].split())
        ends.append(ended)
    assert ends == [0, 0, 0, 0]
