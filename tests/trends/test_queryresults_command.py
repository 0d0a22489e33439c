"""The command as people and programs read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.experiments.models import Experiment, Result
from evalsite.trends.detect import detect
from tests.factories import make_decision, make_experiment, make_result, make_suite
from tests.trends.lines import Grower, noise

Record = Callable[..., list[Result]]


def asked(*words: object) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("queryresults", *map(str, words), tenant="acme", stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def records(*words: object) -> list[dict[str, Any]]:
    return [json.loads(line) for line in asked(*words, "--json")[0].splitlines()]


def refused(*words: object) -> tuple[str, int]:
    with pytest.raises(CommandError) as caught:
        asked(*words)
    return str(caught.value), caught.value.returncode


@pytest.fixture
def both(experiment: Experiment, record: Record) -> Experiment:
    """Five pairs: the variant wins three, loses one, ties one."""
    record(0.2, 0.2, 0.2, 0.8, 0.5, version="1.9", latency_ms=200.0)
    record(0.4, 0.4, 0.4, 0.6, 0.5, group="variant", version="2.0", latency_ms=100.0)
    return experiment


def test_a_trend_is_a_table_with_a_line_per_version(record: Record) -> None:
    record(0.25, 0.75, None, version="1.9")
    text, _ = asked("--trend")
    assert "experiment prompt, group baseline" in text
    (line,) = [line for line in text.splitlines() if "1.9" in line]
    assert line.split()[:2] == ["1.9", "50.0"]
    assert line.split()[-7:-1] == ["25.0", "%", "75.0", "%", "2", "1"]


def test_piped_tables_are_plain_and_no_wider_than_100(both: Experiment) -> None:
    for what in ("--trend", "--compare", "--summary", "--recent"):
        text, _ = asked(what)
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 100


def test_what_others_named_is_no_markup(record: Record) -> None:
    record(0.5, task="[red]x[/]", version="[bold]1", agent_name="[i]a")
    assert "[red]x[/]" in asked("--recent")[0]
    assert "[bold]1" in asked("--trend")[0]
    assert "[i]a" in asked("--trend")[0]


def test_a_trend_for_programs_is_a_line_per_version(record: Record) -> None:
    record(0.25, 0.75, version="1.9")
    (point,) = records("--trend", "--metric", "score")
    assert (point["version"], point["avg"], point["n"]) == ("1.9", 0.5, 2)
    assert point["line"] == {"experiment": "prompt", "group": "baseline"}


def test_a_limit_keeps_the_newest_versions_of_each_line(both: Experiment, record: Record) -> None:
    record(0.9, version="1.10")
    kept = [point["version"] for point in records("--trend", "--limit", 1)]
    assert kept == ["1.10", "2.0"]


def test_the_trend_of_batches_tells_shifts(record: Record) -> None:
    line = Grower(suite=make_suite(name="faq"))
    detect(line.grow([*noise(20, level=0.9), *noise(20, level=0.7)])[-1])
    text, _ = asked("--trend", "--metric", "pass_rate", "--suite", "faq")
    assert f"shift of {line.target} on faq at v21: 9" in text
    assert "(worse, p = " in text


def test_groups_stand_side_by_side(both: Experiment) -> None:
    (compared,) = records("--compare", "--experiment", "prompt")
    assert compared["count"] == {"wins": 3, "losses": 1, "ties": 1}
    score = next(figure for figure in compared["figures"] if figure["metric"] == "score")
    assert (score["baseline"], score["variant"]) == pytest.approx((0.38, 0.46))
    assert score["per_cent"] == pytest.approx(100 * 0.08 / 0.38)
    latency = next(figure for figure in compared["figures"] if figure["metric"] == "latency_ms")
    assert latency["per_cent"] == pytest.approx(50.0)


def test_a_comparison_shows_a_verdict_that_is_there_and_makes_none(both: Experiment) -> None:
    assert "(not decided)" in asked("--compare")[0]
    make_decision(experiment=both, verdict="reject")
    text, _ = asked("--compare", "--metric", "pass_rate")
    assert "(reject)" in text
    assert "success" in text
    assert "latency_ms" not in text


def test_a_group_alone_is_compared_with_nothing(record: Record) -> None:
    record(0.5)
    (compared,) = records("--compare")
    assert (compared["variant_version"], compared["variant_results"]) == ("", 0)
    assert compared["figures"] == []
    assert "No task has results in both groups." in asked("--compare")[0]


@pytest.mark.parametrize(
    "filters", [("--agent", "a"), ("--days", 3), ("--metric", "unscored_rate")]
)
def test_a_filter_that_would_tear_pairs_apart_is_refused(
    both: Experiment, filters: tuple[object, ...]
) -> None:
    message, code = refused("--compare", *filters)
    assert "[filter_unfit]" in message
    assert code == 2


def test_totals_are_per_experiment_and_group(both: Experiment, record: Record) -> None:
    record(None, task="late", version="1.10", cost_usd=0.5, tokens_used=7)
    make_result(experiment=make_experiment(name="another"))
    first, baseline, variant = records("--summary")
    assert (first["experiment"], first["results"]) == ("another", 1)
    counts = [baseline[name] for name in ("versions", "tasks", "results", "unscored")]
    assert counts == [2, 6, 6, 1]
    assert baseline["mean_score"] == pytest.approx(0.38)
    assert (baseline["sum_cost_usd"], baseline["sum_tokens"]) == (0.5, 7)
    assert variant["pass_rate"] == pytest.approx(0.4)


def test_recent_results_go_on_at_the_cursor(both: Experiment) -> None:
    first = records("--recent", "--limit", 4)
    rest = records("--recent", "--limit", 9, "--after", first[-1]["cursor"])
    assert len({record["id"] for record in (*first, *rest)}) == 10
    assert f"--after {first[-1]['cursor']}" in asked("--recent", "--limit", 4)[1]


def test_an_export_says_how_many(both: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    _, err = asked("--export", path, "--group", "variant")
    assert f"5 results written to {path}" in err
    assert records("--export", path) == [{"results": 10, "file": str(path)}]


@pytest.mark.parametrize(
    "what", ["--trend", "--compare", "--summary", "--recent", "--export=x.csv"]
)
def test_nothing_selected_ends_with_5(experiment: Experiment, what: str) -> None:
    message, code = refused(what, "--experiment", "another")
    assert "[no_results]" in message
    assert code == 5


@pytest.mark.parametrize(
    "words",
    [
        *((), ("--trend", "--recent"), ("--trend", "--days", "0"), ("--trend", "--days", "nan")),
        *(
            ("--recent", "--limit", "0"),
            ("--recent", "--days", "9e9"),
            ("--trend", "--metric", "x"),
        ),
    ],
)
def test_what_makes_no_sense_is_refused(experiment: Experiment, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        asked(*words)
