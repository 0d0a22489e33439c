"""pass@k and pass^k of a batch, per slice, against counting over its scorecards."""

from __future__ import annotations

from itertools import combinations
from statistics import fmean

import pytest

from evalsite.batches.models import Batch
from evalsite.pipeline.report import as_text
from evalsite.scoring.models import Scorecard
from evalsite.summaries.models import Summary
from evalsite.summaries.summarize import summarize
from tests.factories import make_suite
from tests.summaries.filled import Card, make_filled, random_cards

pytestmark = pytest.mark.usefixtures("as_acme")


def summarized(*cards: Card, repetitions: int) -> tuple[Batch, dict[str, Summary]]:
    batch = make_filled(make_suite(), cards, repetitions=repetitions)
    return batch, {f"{row.slice_kind}:{row.slice_value}": row for row in summarize(batch)}


def tries(key: str, pattern: str, **fields: object) -> list[Card]:
    """A case's scorecards: + passed, - failed, ? unscored."""
    status = {"+": "passed", "-": "failed", "?": "unscored"}
    return [
        Card(key, status[sign], repetition=number, case=dict(fields))
        for number, sign in enumerate(pattern)
    ]


def second(figures: list[float] | None) -> float:
    assert figures
    return figures[1]


def test_the_figures_of_three_cases() -> None:
    cards = [*tries("a", "++-"), *tries("b", "---"), *tries("c", "+++")]
    _, rows = summarized(*cards, repetitions=3)
    assert rows["all:"].pass_at == pytest.approx([5 / 9, 2 / 3, 2 / 3])
    assert rows["all:"].pass_hat == pytest.approx([5 / 9, 4 / 9, 1 / 3])


def test_each_slice_has_its_own() -> None:
    cards = [*tries("a", "+-", category="search"), *tries("b", "--", category="booking")]
    _, rows = summarized(*cards, repetitions=2)
    assert rows["category:search"].pass_at == [0.5, 1.0]
    assert rows["category:booking"].pass_at == [0.0, 0.0]


def test_a_case_without_a_verdict_is_left_out() -> None:
    _, rows = summarized(*tries("a", "++"), *tries("b", "+?"), repetitions=2)
    assert rows["all:"].pass_hat == [1.0, 1.0]


def test_pass_at_one_is_the_pass_rate() -> None:
    _, rows = summarized(*random_cards(5, n=60, repetitions=3), repetitions=3)
    assert (rows["all:"].pass_at or [])[:1] == pytest.approx([rows["all:"].pass_rate])


def test_it_equals_counting() -> None:
    batch, rows = summarized(*random_cards(6, n=60, repetitions=4), repetitions=4)
    cases: dict[object, list[str]] = {}
    for card in Scorecard.objects.filter(batch=batch).exclude(status="open"):
        cases.setdefault(card.revision_id, []).append(card.status)
    judged = [case for case in cases.values() if set(case) <= {"passed", "failed"}]
    drawn = [[set(two) for two in combinations(case, 2)] for case in judged if len(case) > 1]
    at, hat = (
        fmean(fmean(wanted(statuses) for statuses in case) for case in drawn)
        for wanted in (lambda s: "passed" in s, lambda s: s == {"passed"})
    )
    assert second(rows["all:"].pass_at) == pytest.approx(at)
    assert second(rows["all:"].pass_hat) == pytest.approx(hat)


def test_the_report_shows_them() -> None:
    batch, _ = summarized(*tries("a", "+-"), repetitions=2)
    assert "pass@k / pass^k  k=1: 50.0 % / 50.0 %,  k=2: 100.0 % / 0.0 %" in as_text(batch)


def test_without_repetitions_there_are_none() -> None:
    batch, rows = summarized(Card("a"), repetitions=1)
    assert (rows["all:"].pass_at, rows["all:"].pass_hat) == (None, None)
    assert "pass@k" not in as_text(batch)
