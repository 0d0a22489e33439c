"""`manage.py importoutputs`: answers recorded elsewhere become a run."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError

from evalsite.cases.curate import save_case
from evalsite.cases.models import Suite
from evalsite.targets.models import Output
from evalsite.targets.models import Run as RunRow
from tests.exchange.conftest import Run, Write


@pytest.fixture
def three(suite: Suite) -> str:
    """The name of a suite of the cases a, b and c."""
    for key in "abc":
        save_case(suite, {"key": key, "input": {"question": "q"}, "expected": {"answer": 1}})
    return suite.name


def answer(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "answer": {"answer": "x"}, **fields}


def test_a_run_is_made_recorded_and_completed(write: Write, run: Run, three: str) -> None:
    lines = [answer("a", latency_ms=12.5, tokens_in=3, cost_usd=0.01), answer("b")]
    client = ("--target", "bot", "--client-type", "web", "--client-version", "2.1")
    events, _ = run("importoutputs", write(lines), "--run", "r1", "--suite", three, *client)
    made = RunRow.objects.get(name="r1")
    assert (events[-1]["new"], events[-1]["status"]) == (2, "completed")
    assert (made.target.name, made.client_type, made.client_version) == ("bot", "web", "2.1")
    assert made.completed_at is not None


def test_a_run_keeps_its_commit(write: Write, run: Run, three: str) -> None:
    asked = ("importoutputs", write([answer("a")]), "--run", "r1", "--suite", three)
    run(*asked, "--commit", "1f3c9a7e", "--no-complete")
    assert RunRow.objects.get().commit == "1f3c9a7e"
    with pytest.raises(CommandError, match="run_mismatch"):
        run(*asked, "--commit", "2b")


def test_an_error_stands_in_place_of_an_answer(write: Write, run: Run, three: str) -> None:
    run("importoutputs", write([{"key": "a", "error": "timeout"}]), "--run", "r", "--suite", three)
    output = Output.objects.get()
    assert (output.answer, output.error) == (None, "timeout")


def test_a_run_may_come_in_parts(write: Write, run: Run, three: str) -> None:
    target = ("--run", "r", "--suite", three)
    run("importoutputs", write([answer("a")]), *target, "--no-complete")
    assert RunRow.objects.get().status == "pending"
    events, _ = run("importoutputs", write([answer("a", latency_ms=1), answer("b")]), *target)
    assert (events[-1]["new"], events[-1]["changed"]) == (1, 1)
    assert RunRow.objects.get().status == "completed"


def test_the_same_file_again_is_no_harm_but_another_is_refused(
    write: Write, run: Run, three: str, events: list[Any]
) -> None:
    target = ("--run", "r", "--suite", three)
    run("importoutputs", write([answer("a")]), *target)
    same, _ = run("importoutputs", write([answer("a")]), *target)
    assert (same[-1]["unchanged"], same[-1]["new"]) == (1, 0)
    with pytest.raises(CommandError):
        run("importoutputs", write([answer("b")]), *target)
    assert events[-1]["code"] == "run_completed"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (answer("nope"), "case_unknown"),
        (answer("a"), "output_repeated"),
        ({"key": "a"}, "output_empty"),
        ({"key": "a", "answer": {"reply": 1}}, "output_invalid"),
        (answer("a", score=1), "output_field_unknown"),
        (answer("a", tokens_in=-1), "output_field_invalid"),
        (answer("", tokens_in=1), "case_key_invalid"),
        (b'{"key":"a","answer":{"answer":NaN}}', "number_not_finite"),
    ],
)
def test_a_bad_line_is_named_and_can_be_skipped(
    write: Write, run: Run, three: str, line: Any, code: str
) -> None:
    path, target = write([answer("a"), line]), ("--run", "r", "--suite", three)
    with pytest.raises(CommandError, match=code):
        run("importoutputs", path, *target)
    assert not RunRow.objects.exists()
    events, _ = run("importoutputs", path, *target, "--skip-bad")
    assert [(e["line"], e["code"]) for e in events[:-1]] == [(2, code)]
    assert Output.objects.count() == 1


def test_repetitions_are_told_apart(write: Write, run: Run, three: str) -> None:
    lines = [answer("a"), answer("a", repetition=1)]
    events, _ = run("importoutputs", write(lines), "--run", "r", "--suite", three)
    assert events[-1]["new"] == 2


def test_a_dry_run_leaves_nothing(write: Write, run: Run, three: str) -> None:
    run("importoutputs", write([answer("a")]), "--run", "r", "--suite", three, "--dry-run")
    assert not RunRow.objects.exists()


def test_a_run_of_another_target_is_usage(
    write: Write, run: Run, three: str, events: list[Any]
) -> None:
    target = ("importoutputs", write([answer("a")]), "--run", "r", "--suite", three, "--target")
    run(*target, "bot")
    with pytest.raises(CommandError) as failed:
        run(*target, "other")
    assert (events[-1]["code"], failed.value.returncode) == ("run_mismatch", 2)
