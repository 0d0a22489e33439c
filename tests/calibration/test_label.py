"""A person's verdict is added, withdrawn, and never rewritten; the machine's stays."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.audit.models import Entry
from evalsite.calibration import label
from evalsite.calibration.models import Label
from evalsite.calibration.queries import labels_of, overruled
from evalsite.scoring.extract import extract
from evalsite.scoring.models import Scorecard
from tests.factories import make_scorecard
from tests.label_rows import make_label

pytestmark = pytest.mark.usefixtures("as_acme")


def put(card: Scorecard, *, passed: bool = False, **fields: Any) -> Label:
    given = {"author": "ann", "source": "override"}
    return label.put(card, passed=passed, **{**given, **fields})


def test_a_label_leaves_the_machines_verdict() -> None:
    card = make_scorecard()
    made = put(card, note="  says 5  ")
    assert (made.passed, made.note, labels_of(card)) == (False, "says 5", [made])
    card.refresh_from_db()
    assert card.overall_passed is True


def test_a_new_label_withdraws_the_old() -> None:
    card = make_scorecard()
    old, new = put(card), put(card, passed=True)
    assert [(row.pk, row.withdrawn_by) for row in labels_of(card)] == [
        (old.pk, "ann"),
        (new.pk, ""),
    ]


def test_saying_the_same_again_changes_nothing() -> None:
    card = make_scorecard()
    assert put(card, note="x") == put(card, note="x")
    assert put(card, note="y") != put(card, note="x")
    assert len(labels_of(card)) == 3


def test_authors_and_stages_stand_side_by_side() -> None:
    card = make_scorecard()
    put(card), put(card, author="bob"), put(card, stage="exact")
    assert Label.objects.filter(withdrawn_at=None).count() == 3


def test_withdrawing_twice_is_done_once() -> None:
    made = put(make_scorecard())
    first = label.withdraw(made, by="bob").withdrawn_at
    assert label.withdraw(made, by="eve").withdrawn_at == first
    assert made.withdrawn_by == "bob"
    told = Entry.objects.filter(subject_id=str(made.pk)).order_by("recorded_at", "pk")
    assert [(entry.action, entry.actor) for entry in told] == [
        ("label.put", "ann"),
        ("label.withdrawn", "bob"),
    ]


def test_the_trail_quotes_no_note() -> None:
    put(make_scorecard(), note="the patient's name")
    assert "patient" not in str(Entry.objects.get().after)


@pytest.mark.parametrize("wrong", [{"stage": "logic"}, {"note": "x" * 2_001}, {"note": "\x00"}])
def test_what_is_no_label(wrong: dict[str, Any]) -> None:
    with pytest.raises(label.LabelInvalid):
        put(make_scorecard(), **wrong)


def test_overruled_are_the_standing_labels_that_differ() -> None:
    card = make_scorecard()
    put(card), put(card, author="bob", passed=True), put(card, stage="exact")
    label.withdraw(put(card, author="eve"), by="eve")
    make_label()
    assert overruled(card.batch) == overruled(card.batch_id) == 2


def test_nothing_overrules_what_the_machine_left_open() -> None:
    card = make_scorecard(status="unscored", overall_passed=None, stages={})
    put(card), put(card, stage="exact")
    assert overruled(card.batch) == 0


def test_a_label_outlives_its_scorecard() -> None:
    card = make_scorecard()
    put(card)
    extract(card.batch_id, cards=[card.pk])
    assert not Scorecard.objects.exists()
    assert (overruled(card.batch), len(labels_of(card))) == (1, 1)
