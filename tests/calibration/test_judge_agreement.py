"""What labels say of a judge version: cases are counted once, and what says nothing apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evalsite.batches.models import Batch
from evalsite.calibration import label
from evalsite.calibration.agreement import Calibration, calibrations
from evalsite.calibration.judges import changed, judges_of
from evalsite.calibration.models import Label
from evalsite.scoring.extract import extract
from evalsite.scoring.models import Scorecard
from tests.factories import MANIFEST, make_batch, make_scorecard

pytestmark = pytest.mark.usefixtures("as_acme")
STAGE = MANIFEST["stages"][0]
LETTERS = {"P": "passed", "F": "failed", "U": "unscored"}


def manifest(*stages: str, **judge: Any) -> dict[str, Any]:
    given = [
        {**STAGE, "name": name, "judge": "rubric", "lane": "model", **judge} for name in stages
    ]
    return {**MANIFEST, "stages": given}


def labelled(machine: str, people: Sequence[str], **fields: Any) -> Batch:
    """A batch whose cards the machine judged so, and to each of which people said so."""
    batch = fields.pop("batch", None) or make_batch(manifest=manifest("logic"))
    for letter, said in zip(machine, people, strict=True):
        status = LETTERS[letter]
        card = make_scorecard(batch=batch, status=status, stages={"logic": {"status": status}})
        for place, verdict in enumerate(said):
            given = {"author": f"p{place}", "source": "queue", "stage": "logic", "is_drawn": True}
            label.put(card, passed=verdict == "P", **{**given, **fields})
    return batch


def only(**wanted: Any) -> Calibration:
    (found,) = calibrations(**wanted).values()
    return found


def test_each_cell_is_counted() -> None:
    labelled("PPPFFU", ["P", "P", "F", "P", "F", "F"])
    found = only()
    assert tuple(found.table) == (2, 1, 1, 1)
    assert (found.labels, found.unjudged, found.even) == (6, 1, 0)


def test_several_people_are_one_verdict() -> None:
    labelled("PPP", ["PPF", "PF", "FFP"])
    found = only()
    assert (tuple(found.table), found.even, found.labels) == ((1, 1, 0, 0), 1, 8)


def test_what_is_withdrawn_counts_no_more() -> None:
    labelled("PP", ["P", "F"])
    label.withdraw(Label.objects.filter(passed=False).get(), by="ann")
    assert tuple(only().table) == (1, 0, 0, 0)


def test_only_what_chance_chose_and_what_is_young() -> None:
    batch = labelled("P", ["P"], is_drawn=False)
    labelled("PF", ["P", "F"], batch=batch)
    Label.objects.filter(is_drawn=False).update(created_at=timezone.now() - timedelta(days=9))
    assert (only().table.n, only(drawn=True).table.n) == (3, 2)
    assert only(since=timezone.now() - timedelta(days=5)).table.n == 2


def test_the_whole_of_one_stage_is_the_stage() -> None:
    batch = labelled("P", ["F"], stage="")
    assert tuple(only().table) == (0, 1, 0, 0)
    label.put(Scorecard.objects.get(), passed=True, stage="logic", author="p0", source="queue")
    assert (tuple(only().table), only().batches) == ((1, 0, 0, 0), (batch.pk,))


def test_the_whole_of_two_stages_says_nothing_of_either() -> None:
    labelled("P", ["F"], stage="", batch=make_batch(manifest=manifest("logic", "style")))
    assert not any(found.labels for found in calibrations().values())


def test_batches_with_the_same_judge_are_one_version() -> None:
    labelled("P", ["P"]), labelled("F", ["F"])
    other = make_batch(manifest=manifest("logic", judge_pins={"prompt": "b"}))
    labelled("P", ["P"], batch=other)
    assert sorted(found.table.n for found in calibrations().values()) == [1, 2]


def test_a_purge_takes_no_calibration() -> None:
    batch = labelled("PFU", ["P", "P", "P"])
    before = only()
    extract(batch.pk, cards=list(Scorecard.objects.values_list("pk", flat=True)))
    assert only() == before
    assert tuple(before.table) == (1, 0, 1, 0)


def test_model_judges_without_labels_are_there_on_request() -> None:
    make_batch(manifest=manifest("logic")), make_batch()
    assert calibrations() == {}
    assert [found.labels for found in calibrations(recent=True).values()] == [0]


def test_the_number_of_queries_does_not_grow() -> None:
    counts = []
    for _ in range(2):
        labelled("PF", ["P", "F"])
        with CaptureQueriesContext(connection) as seen:
            calibrations(recent=True)
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"judge_pins": {"prompt": "b"}}, ["the prompt"]),
        ({"judge_options": {"model": "n"}}, ["the model"]),
        ({"judge_version": "2"}, ["the judge's own version"]),
    ],
)
def test_what_was_changed_has_a_name(change: dict[str, Any], told: list[str]) -> None:
    (before,), (now,) = judges_of(manifest("logic")), judges_of(manifest("logic", **change))
    assert changed(before, now) == told
    assert (before.key == now.key) == (not told)


def test_another_place_is_another_judge() -> None:
    told = {"logic": {"": ["https://a.example", "m"]}}
    (here,), (there,) = (
        judges_of(manifest("logic")),
        judges_of({**manifest("logic"), "places": told}),
    )
    assert changed(here, there) == ["the endpoint or its model"]
