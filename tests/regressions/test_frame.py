"""The cases of two batches side by side, as the database has them."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from django.db import transaction

from evalsite.batches.models import Batch
from evalsite.cases.models import Suite, TestCase
from evalsite.regressions import copied
from evalsite.regressions.frame import Frame, load_frame
from evalsite.regressions.shelf import Shelf
from evalsite.tenants.models import Tenant
from tests.factories import make_revision, make_suite
from tests.summaries.filled import Card, make_filled, random_cards

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def suite(as_acme: Tenant) -> Suite:
    return make_suite()


def framed(suite: Suite, before: list[Card], now: list[Card], **fields: Any) -> Frame:
    first = make_filled(suite, before, **fields)
    return load_frame(make_filled(suite, now, **fields), first)


def test_a_metric_is_paired_by_case(suite: Suite) -> None:
    before = [Card("a", "failed", 0.25), Card("b", score=0.75), Card("c", "errored")]
    now = [Card("b", "failed", 0.5), Card("a", score=1.0), Card("c")]
    frame = framed(suite, before, now)
    assert sorted(zip(*frame.sides("score")[:2], strict=True)) == [(0.25, 1.0), (0.75, 0.5)]
    assert sorted(zip(*frame.sides("pass_rate")[:2], strict=True)) == [(0.0, 1.0), (1.0, 0.0)]
    assert frame.sides("score").left_out == 1


def test_repetitions_are_averaged_inside_a_case(suite: Suite) -> None:
    before = [Card("a", repetition=r) for r in range(2)]
    now = [Card("a", "failed" if r else "passed", repetition=r) for r in range(4)]
    sides = framed(suite, before, now).sides("pass_rate")
    assert (*sides.before, *sides.after) == (1.0, 0.25)


def test_a_case_lacks_what_one_of_its_repetitions_lacks(suite: Suite) -> None:
    now = [Card("a", fields={"latency_ms": ms}, repetition=r) for r, ms in enumerate((5.0, None))]
    before = [Card("a", fields={"latency_ms": 7.0})]
    frame = framed(suite, before, now)
    assert frame.sides("latency_ms").left_out == 1
    assert "latency_ms" not in frame.metrics


def test_tokens_are_those_in_and_out(suite: Suite) -> None:
    cards = [Card("a", fields={"tokens_in": 5, "tokens_out": 7})]
    assert framed(suite, cards, cards).sides("tokens").after.tolist() == [12.0]


def test_a_case_without_a_verdict_is_unscored(suite: Suite) -> None:
    before = [Card("a"), Card("b"), Card("c"), Card("d")]
    now = [Card("a", "errored"), Card("b", "unscored"), Card("c"), Card("d", "open")]
    sides = framed(suite, before, now).sides("unscored_rate")
    assert (sorted(sides.after), *sides.before, sides.left_out) == ([0, 1, 1], 0, 0, 0, 1)


def test_slices_are_those_of_the_case_now(suite: Suite) -> None:
    cards = [
        Card("a", case={"tags": ["x", "y"], "category": "dates"}),
        Card("b", "failed", case={"tags": ["y"], "complexity": 3}),
        Card("c"),
    ]
    frame = framed(suite, cards, cards)
    assert frame.looked_at == [
        ("category", "dates"),
        ("complexity", "3"),
        ("tag", "x"),
        ("tag", "y"),
    ]
    assert sorted(frame.sides("pass_rate", kind="tag", value="y").after) == [0.0, 1.0]
    assert frame.sides("pass_rate", kind="complexity", value="3").after == [0.0]


def test_clusters_are_named_by_the_suites_key(suite: Suite) -> None:
    suite.cluster_key = "document"
    cards = [Card(k, case={"metadata": {"document": d}}) for k, d in zip("abc", "xxy", strict=True)]
    frame = framed(suite, [*cards, Card("d"), Card("e")], [*cards, Card("d"), Card("e")])
    clusters = frame.sides("pass_rate").clusters
    assert clusters is not None
    assert sorted(map(list(clusters).count, clusters)) == [1, 1, 1, 2, 2]


def test_without_a_key_every_case_stands_alone(suite: Suite) -> None:
    cards = [Card("a", case={"metadata": {"document": "x"}})]
    assert framed(suite, cards, cards).sides("pass_rate").clusters is None


@pytest.mark.parametrize("at_once", [1, 2])
def test_another_input_is_another_question(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("evalsite.regressions.frame.AT_ONCE", at_once)
    before = make_filled(suite, [Card("a"), Card("b"), Card("c")])
    changes = {"a": {"input": {"question": "other?"}}, "b": {"expected": {"answer": "5"}}}
    for case in TestCase.objects.filter(key__in=changes):
        make_revision(case=case, number=2, **changes[case.key])
    frame = load_frame(make_filled(suite, [Card("a"), Card("b"), Card("c")]), before)
    assert (frame.other_input.sum(), frame.other_expected.sum()) == (1, 1)
    assert not (frame.other_input & frame.other_expected).any()
    assert (len(frame.sides("score").after), frame.sides("score").left_out) == (2, 1)


def test_a_stage_is_a_metric(suite: Suite) -> None:
    stages = {"syntax": {"status": "passed", "score": 0.5}, "logic": {"status": "skipped"}}
    cards = [Card("a", fields={"stages": stages})]
    frame = framed(suite, cards, cards)
    assert frame.metrics == ["pass_rate", "score", "stage:syntax", "unscored_rate"]
    assert frame.sides("stage:syntax").after == [0.5]
    with pytest.raises(KeyError):
        frame.sides("speed")


def test_parts_of_a_case_make_up_its_figures(suite: Suite) -> None:
    cards = random_cards(7, n=60, repetitions=2)
    before: Batch = make_filled(suite, cards, repetitions=2)
    frame = load_frame(make_filled(suite, random_cards(8, n=60, repetitions=2)), before)
    paired = frame.paired("pass_rate")
    assert paired.sum() > 5
    for side in (frame.now, frame.before):
        columns = range(len(frame.stages) + 1)
        score = sum(side.points(i)[paired] for i in columns)
        assert score == pytest.approx(side.values("score")[paired])
        lost = sum(side.fell(i)[paired] for i in columns)
        assert 1 - lost == pytest.approx(side.values("pass_rate")[paired])


def test_what_cannot_be_kept_leaves_the_transaction_usable(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as without room: a batch is closed all the same, without its comparison."""
    before = make_filled(suite, random_cards(7, n=60))
    now = make_filled(suite, random_cards(8, n=60))
    full = OSError(28, "No space left on device")
    with monkeypatch.context() as broken, transaction.atomic():
        broken.setattr(copied, "_PIECE", 64)
        broken.setattr(Shelf, "add", Mock(side_effect=[None, None, full]))
        with pytest.raises(OSError, match="No space"), transaction.atomic():
            load_frame(now, before)
        assert Batch.objects.filter(pk=now.pk).exists()
