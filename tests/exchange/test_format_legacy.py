"""Files of the old framework: cases, and how they were judged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError

from evalsite.batches.models import Batch
from evalsite.batches.steer import BatchImported, reopen_finished
from evalsite.cases.models import TestCase
from evalsite.exchange.legacy.card_record import card_of, moment, stage_result
from evalsite.exchange.legacy.case_record import case_fields, complexity
from evalsite.scoring.models import Scorecard
from evalsite.summaries.queries import headline
from packs.nl2api import NL2APITestCase
from tests.exchange.conftest import Run, Write

LEGACY = ("--suite", "old", "--format", "legacy")
ROME: dict[str, Any] = {
    "id": "case-1",
    "nl_query": "Weather in Rome?",
    "expected_tool_calls": [{"tool_name": "weather", "arguments": {"city": "Rome"}}],
    "expected_response": {"sky": "clear"},
    "expected_nl_response": "It is clear.",
    "tags": ["weather; day", "easy"],
    "complexity_level": "simple",
    "owner": "team a",
}
JUDGED: dict[str, Any] = {
    **ROME,
    "syntax_result": {"passed": True},
    "logic_result": {"passed": False, "score": 0.5, "reason": "wrong city"},
    "execution_result": {"error": "timed out"},
    "semantics_result": None,
}


def test_a_record_is_the_case_that_it_was(write: Write, run: Run) -> None:
    run("importcases", write([ROME], "old.jsonl.gz"), *LEGACY)
    case = TestCase.objects.select_related("suite").get()
    assert (case.key, case.suite.pack, case.complexity) == ("case-1", "nl2api", 2)
    assert (case.tags, case.metadata) == (
        ["weather", "day", "easy"],
        {"legacy": {"owner": "team a"}},
    )
    fields = {name: ROME[name] for name in ROME if name.startswith(("nl_", "expected_"))}
    with pytest.warns(DeprecationWarning, match="old names"):
        assert case.content_hash == NL2APITestCase(**fields).content_hash
    assert not Batch.objects.exists()


def test_a_list_brings_its_verdicts_as_finished_batches(write: Write, run: Run) -> None:
    second = JUDGED | {"id": "case-2", "overall_passed": True, "execution_result": True}
    rows = [JUDGED | {"batch_id": "may"}, second | {"batch_id": "may"}, ROME | {"id": "case-3"}]
    for fate in ("new", "unchanged"):
        events, _ = run("importcases", write([rows], "old.json"), *LEGACY)
        assert events[-1] == {"event": "scorecards", "new": 0, "unchanged": 0, "lost": 0, fate: 2}
    batch = Batch.objects.select_related("run").get()
    assert (batch.run.name, batch.state, batch.n_cases) == ("legacy-may", "finished", 2)
    with pytest.raises(BatchImported):
        reopen_finished(batch.pk)
    whole = headline(batch.pk)
    assert whole is not None
    assert (whole.n, whole.passed, whole.errored) == (2, 1, 1)
    card = Scorecard.objects.get(revision__case__key="case-1")
    assert {name: stage["status"] for name, stage in card.stages.items()} == {
        "syntax": "passed",
        "logic": "failed",
        "execution": "errored",
        "semantics": "unscored",
    }


def test_a_bad_record_refuses_verdicts_and_all(write: Write, run: Run, events: list[Any]) -> None:
    with pytest.raises(CommandError, match="lines_refused"):
        run("importcases", write([JUDGED, {"id": 2, "nl_query": "q"}]), *LEGACY)
    assert (events[0]["line"], events[0]["code"]) == (2, "case_invalid")
    assert not TestCase.objects.exists()
    assert not Batch.objects.exists()


def test_a_dry_run_keeps_no_verdict(write: Write, run: Run) -> None:
    run("importcases", write([JUDGED]), *LEGACY, "--dry-run")
    assert not Scorecard.objects.exists()


@pytest.mark.parametrize(
    ("value", "status", "score"),
    [
        (True, "passed", 1.0),
        (False, "failed", 0.0),
        (1, "passed", 1.0),
        (0.0, "failed", 0.0),
        (0.7, "unscored", None),
        ("Success", "passed", 1.0),
        ("later", "unscored", None),
        ([], "unscored", None),
        ({"status": "fail", "score": 0.25}, "failed", 0.25),
        ({"passed": True, "score": 80}, "passed", 1.0),
        ({"is_valid": False, "error": "no such tool"}, "failed", 0.0),
        ({"error": "crashed"}, "errored", None),
        ({"skipped": True}, "skipped", None),
        ({"score": 0.7}, "unscored", None),
        ({}, "unscored", None),
    ],
)
def test_an_old_result_is_read_by_the_rules(value: Any, status: str, score: float | None) -> None:
    result = stage_result("logic", value, asked=True)
    assert (result.status, result.score) == (status, score)
    assert result.details == {"legacy": value}


@pytest.mark.parametrize(
    ("changes", "status", "score"),
    [
        ({"execution_result": True, "semantics_result": True}, "failed", 0.875),
        ({"overall_passed": True}, "errored", None),
        ({"execution_result": None, "overall_passed": False, "overall_score": 0.1}, "failed", 0.1),
        ({"logic_result": True, "execution_result": None}, "unscored", None),
        ({"logic_result": True, "execution_result": 1, "semantics_result": 1}, "passed", 1.0),
    ],
)
def test_a_case_is_judged_by_the_record_or_by_the_rules(
    changes: dict[str, Any], status: str, score: float | None
) -> None:
    card = card_of(JUDGED | changes, key="case-1")
    assert (card.status, card.overall_score) == (status, score)
    assert card.overall_passed is {"passed": True, "failed": False}.get(status)


@pytest.mark.parametrize(("syntax", "logic"), [(False, "skipped"), (True, "not_applicable")])
def test_a_stage_is_skipped_only_after_one_that_failed(syntax: bool, logic: str) -> None:
    card = card_of({"syntax_result": syntax, "logic_result": {"skipped": True}}, key="k")
    assert json.loads(card.stages)["logic"]["status"] == logic


LEVELS = [(3, 3), ("4", 4), ("Very Hard", 5), (9, None), ("odd", None), (None, None)]


@pytest.mark.parametrize(
    ("level", "number"),
    [(3, 3), ("4", 4), ("Very Hard", 5), (9, None), ("odd", None), (None, None)],
)
def test_levels_are_numbers(level: Any, number: int | None) -> None:
    assert complexity(level) == number
    kept = case_fields({"id": 1, "complexity_level": level})["metadata"]
    assert kept == ({"legacy": {"complexity_level": level}} if level and not number else {})


def test_times_have_a_zone() -> None:
    times = [
        moment(text) for text in ("2024-05-01T02:00:00", "2024-05-01T04:00:00+02:00", 5, "soon")
    ]
    assert times[0] == times[1]
    assert times[2:] == [None, None]
