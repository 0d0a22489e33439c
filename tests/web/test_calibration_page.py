"""What people see of a judge's agreement with them."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from evalsite.batches.models import Batch
from evalsite.calibration import label
from evalsite.calibration.agreement import calibrations
from evalsite.scoring.extract import extract
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.factories import MANIFEST, make_batch, make_scorecard
from tests.web.looking import looker, shown

LETTERS = {"P": "passed", "F": "failed", "U": "unscored"}
JUDGE = {"name": "logic", "judge": "rubric", "lane": "model", "judge_pins": {"rubric": "a1"}}


def labelled(machine: str, people: str, **judge: Any) -> Batch:
    """A batch whose cases the machine and one person judged, by letter."""
    stage = {**MANIFEST["stages"][0], **JUDGE, **judge}
    batch = make_batch(manifest={**MANIFEST, "stages": [stage]})
    for letter, said in zip(machine, people, strict=True):
        status = LETTERS[letter]
        card = make_scorecard(batch=batch, status=status, stages={"logic": {"status": status}})
        given: dict[str, Any] = {"author": "ann", "source": "queue", "note": f"I say {said}"}
        label.put(card, passed=said == "P", stage="logic", **given)
    return batch


@pytest.fixture
def batch(acme: Tenant) -> Batch:
    with tenant(acme.pk):
        return labelled("PPPPFFFU", "PPPFPFFP")


def address(of: Tenant) -> str:
    with tenant(of.pk):
        (key, *_) = calibrations()
    return reverse("calibration-judge", args=[key.digest])


def test_nothing_to_show_names_the_next_step(acme: Tenant) -> None:
    page = shown(acme, "/calibration/")
    assert "No judge has labels" in page
    assert reverse("labels") in page


def test_the_list_has_n_interval_and_kappa(acme: Tenant, batch: Batch) -> None:
    page = shown(acme, "/calibration/")
    assert "<td>7</td>" in page
    assert "<strong>71.4 %</strong>" in page
    assert "35.9 % to 91.8 %, n = 7" in page
    assert "<strong>0.42</strong>" in page
    assert "<td>1</td>" in page


def test_a_judge_without_labels_stands_there_too(acme: Tenant, batch: Batch) -> None:
    with tenant(acme.pk):
        labelled("", "", judge_pins={"rubric": "b2"})
    page = shown(acme, "/calibration/")
    assert "1 judge without labels" in page
    assert ">no labels<" in page


def test_a_judge_has_its_table_and_rates(acme: Tenant, batch: Batch) -> None:
    page = shown(acme, address(acme))
    for cell in ("3 <", "1 <", "1 <", "2 <"):
        assert f">{cell}" in page
    assert "71.4 % agreement: rubric of logic" in page
    assert "75.0 %" in page
    assert "66.7 %" in page


def test_cases_that_differ_lead_to_their_cards(acme: Tenant, batch: Batch) -> None:
    page = shown(acme, address(acme))
    with tenant(acme.pk):
        cards = list(Scorecard.objects.filter(batch=batch).order_by("pk"))
    linked = [card for card in cards if reverse("card", args=[card.pk]) in page]
    assert linked == [cards[3], cards[4]]
    assert "I say F" in page


def test_a_purged_card_is_told_without_a_link(acme: Tenant, batch: Batch) -> None:
    with tenant(acme.pk):
        extract(batch.pk, cards=list(Scorecard.objects.values_list("pk", flat=True)))
    page = shown(acme, address(acme))
    assert page.count(">purged<") == 2
    assert "/scorecards/" not in page


def test_only_labels_of_drawn_cases(acme: Tenant, batch: Batch) -> None:
    page = shown(acme, address(acme), labels="drawn")
    assert "No labels count for this version" in page


def test_other_versions_say_what_differs(acme: Tenant, batch: Batch) -> None:
    where = address(acme)
    with tenant(acme.pk):
        labelled("P", "P", judge_pins={"rubric": "b2"})
    assert "the prompt differs" in shown(acme, where)


def test_another_tenant_finds_nothing(acme: Tenant, globex: Tenant, batch: Batch) -> None:
    assert looker(globex).get(address(acme)).status_code == 404
    assert "No judge has labels" in shown(globex, "/calibration/")
