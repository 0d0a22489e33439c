"""A queue is drawn once, gives a case to one person at a time, and ends when all have answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.calibration.draw import QueueEmpty, QueueInvalid, draw
from evalsite.calibration.models import Label, Queue, QueueItem
from evalsite.calibration.work import ItemTaken, answer, skip, take
from tests.factories import make_batch, make_case, make_revision, make_scorecard

pytestmark = pytest.mark.usefixtures("as_acme")


def batch_of(letters: str) -> Batch:
    """A batch with a scorecard for each letter: P passed, F failed."""
    batch = make_batch(n_cases=len(letters))
    for number, letter in enumerate(letters):
        status = "passed" if letter == "P" else "failed"
        case = make_case(suite=batch.suite, key=f"c{number:03}")
        make_scorecard(
            batch=batch,
            revision=make_revision(case=case, category="odd" if number % 2 else "even"),
            status=status,
            stages={"exact": {"status": status}},
        )
    return batch


def queue_of(letters: str = "PPF", **fields: Any) -> Queue:
    given = {"name": "q", "size": 100, "seed": 1, **fields}
    return draw(batch_of(letters), **given)


def drawn(queue: Queue) -> list[object]:
    return list(queue.items.order_by("number").values_list("revision_id", flat=True))


def test_the_same_seed_draws_the_same() -> None:
    batch = batch_of("P" * 12)
    first, again = (draw(batch, name=name, size=5, seed=3) for name in "ab")
    other = draw(batch, name="c", size=5, seed=4)
    assert drawn(first) == drawn(again) != drawn(other)
    assert len(drawn(first)) == 5


def test_later_scorecards_do_not_join() -> None:
    queue = queue_of("PP")
    make_scorecard(batch=queue.batch)
    assert queue.items.count() == 2


@pytest.mark.parametrize(
    ("wanted", "n"),
    [
        ({"status": "failed"}, 1),
        ({"status": "failed", "stage": "exact"}, 1),
        ({"slice_kind": "category", "slice_value": "odd"}, 2),
        ({"size": 3}, 3),
    ],
)
def test_a_filter_chooses(wanted: dict[str, Any], n: int) -> None:
    assert queue_of("PPPF", **wanted).items.count() == n


def test_nothing_to_draw_makes_no_queue() -> None:
    with pytest.raises(QueueEmpty):
        queue_of("PP", status="failed")
    assert not Queue.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"stage": "logic"},
        {"status": "good"},
        {"size": 0},
        {"wanted": 10},
        {"slice_kind": "tag"},
        {"name": " "},
    ],
)
def test_what_is_no_queue(wrong: dict[str, Any]) -> None:
    with pytest.raises(QueueInvalid):
        queue_of(**wrong)


def test_a_name_is_taken_once() -> None:
    queue_of()
    with pytest.raises(QueueInvalid, match="already"):
        queue_of()


def taken(queue: Queue, who: str) -> QueueItem:
    item = take(queue, who=who)
    assert item is not None
    return item


def test_two_people_never_hold_the_same_case() -> None:
    queue = queue_of()
    assert taken(queue, "ann") != taken(queue, "bob")
    assert taken(queue, "ann") == taken(queue, "ann")


def test_who_stays_away_loses_the_case() -> None:
    queue = queue_of("P")
    item = taken(queue, "ann")
    assert take(queue, who="bob") is None
    QueueItem.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert taken(queue, "bob") == item
    with pytest.raises(ItemTaken, match="bob has it open"):
        answer(item, who="ann", passed=True)


def test_an_answer_is_a_label_and_ends_the_case() -> None:
    queue = queue_of("F", stage="exact")
    item = taken(queue, "ann")
    made = answer(item, who="ann", passed=True, note="fine")
    assert (made.stage, made.source, made.is_blind, made.is_drawn) == ("exact", "queue", True, True)
    assert take(queue, who="bob") is None
    item.refresh_from_db()
    assert (item.held_by, item.answered_by, item.done_at is None) == ("", ["ann"], False)


def test_of_a_filter_by_verdict_nothing_is_drawn_by_chance() -> None:
    queue = queue_of("PF", status="failed")
    assert not answer(taken(queue, "ann"), who="ann", passed=True).is_drawn


def test_a_case_that_wants_two_is_finished_first() -> None:
    queue = queue_of("PPP", wanted=2)
    item = taken(queue, "ann")
    answer(item, who="ann", passed=True)
    assert taken(queue, "bob") == item
    assert taken(queue, "ann") != item
    answer(item, who="bob", passed=False)
    with pytest.raises(ItemTaken, match="enough"):
        answer(item, who="eve", passed=False)


def test_thinking_better_of_it_withdraws_the_first_answer() -> None:
    item = taken(queue_of("P"), "ann")
    answer(item, who="ann", passed=True)
    answer(item, who="ann", passed=False)
    assert list(Label.objects.filter(withdrawn_at=None).values_list("passed")) == [(False,)]


def test_what_is_skipped_is_left_to_others() -> None:
    queue = queue_of("P")
    skip(taken(queue, "ann"), who="ann")
    assert take(queue, who="ann") is None
    assert taken(queue, "bob").skipped_by == ["ann"]
