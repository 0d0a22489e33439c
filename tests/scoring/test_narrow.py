"""Which scorecards of a batch are shown, in what order, and what stands next to one."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.batches.models import Batch
from evalsite.scoring import narrow
from evalsite.scoring.models import Scorecard
from evalsite.scoring.narrow import FilterUnclear, filtered, neighbours
from tests.factories import make_batch, make_case, make_revision, make_scorecard, make_suite

pytestmark = pytest.mark.usefixtures("as_acme")


def judged(batch: Batch, key: str, score: float | None, **fields: Any) -> Scorecard:
    """A case of the batch that came to a score."""
    case = make_case(suite=batch.suite, key=key, input={"question": f"what is {key} like?"})
    kept = {name: fields.pop(name) for name in ("category", "tags") if name in fields}
    revision = make_revision(case=case, input=case.input, **kept)
    status = "unscored" if score is None else "passed" if score >= 0.5 else "failed"
    verdict = {"status": status, "overall_score": score, "stages": {"exact": {"status": status}}}
    return make_scorecard(batch=batch, revision=revision, **{**verdict, **fields})


@pytest.fixture
def batch() -> Batch:
    made = make_batch(suite=make_suite(), n_cases=4)
    judged(made, "apple", 0.9, category="fruit")
    judged(made, "beet", 0.2, tags=["red"])
    judged(made, "cherry", None, category="fruit", tags=["red", "small"])
    judged(made, "date", 0.4)
    return made


def keys(batch: Batch, **query: str) -> list[str]:
    found = filtered(batch, query).select_related("revision__case")
    return [card.revision.case.key for card in found]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({}, "apple beet cherry date"),
        ({"status": "failed"}, "beet date"),
        ({"status": "unscored", "unknown": "x"}, "cherry"),
        ({"slice": "category:fruit"}, "apple cherry"),
        ({"slice": "tag:red"}, "beet cherry"),
        ({"stage": "exact"}, "apple beet cherry date"),
        ({"stage": "exact", "stage_status": "failed"}, "beet date"),
        ({"stage": "other"}, ""),
        ({"q": "ERR"}, "cherry"),
        ({"q": "is date like"}, "date"),
        ({"q": "100%"}, ""),
        ({"q": "\0"}, "apple beet cherry date"),
        ({"order": "weakest"}, "beet date apple cherry"),
        ({"order": "best"}, "apple date beet cherry"),
    ],
    ids=str,
)
def test_it_shows_what_is_wanted(batch: Batch, query: dict[str, str], wanted: str) -> None:
    assert keys(batch, **query) == wanted.split()


@pytest.mark.parametrize(
    "query",
    [
        *({"status": "x"}, {"slice": "x"}, {"slice": "complexity:9"}, {"order": "x"}),
        *({"stage_status": "failed"}, {"stage": "exact", "stage_status": "x"}),
    ],
    ids=str,
)
def test_what_is_unclear_is_refused(batch: Batch, query: dict[str, str]) -> None:
    with pytest.raises(FilterUnclear):
        filtered(batch, query)


def test_other_batches_are_left_out(batch: Batch) -> None:
    assert keys(make_batch(suite=batch.suite)) == []


def test_a_text_is_looked_for_among_the_first(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "SEARCHED", 2)
    assert narrow.searched(batch) == 2
    assert keys(batch, q="e") == ["apple", "beet"]
    assert keys(batch, q="date") == ["date"]  # a key is found anywhere


@pytest.mark.parametrize("order", ["case", "weakest", "best"])
def test_neighbours_are_those_of_the_list(batch: Batch, order: str) -> None:
    cards = filtered(batch, {"order": order})
    row = list(cards)
    around = [neighbours(cards, card) for card in row]
    assert around == list(zip([None, *row], [*row[1:], None], strict=False))


def test_neighbours_of_a_card_outside_the_filter(batch: Batch) -> None:
    cherry = Scorecard.objects.get(revision__case__key="cherry")
    around = neighbours(filtered(batch, {"status": "failed"}), cherry)
    assert [card and card.revision.case.key for card in around] == ["beet", "date"]
