"""Picking two batches, the comparison's page, and pinning from it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.batches.models import Batch
from evalsite.regressions.models import Baseline, Comparison
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.factories import make_suite
from tests.regressions.test_compare import of
from tests.web.looking import looker, shown


def pair_of(owner: Tenant, *, now: str = "P" * 28 + "F" * 12, **fields: Any) -> tuple[Batch, Batch]:
    """Two finished batches of one suite: the new one, and one in which all passed."""
    with tenant(owner.pk):
        suite = make_suite(name="sums")
        return of(suite, now, **fields), of(suite, "P" * 40, age=5)


def address(batch: object, baseline: object) -> str:
    return f"/compare/?batch={batch}&baseline={baseline}"


def compared(owner: Tenant, **wanted: Any) -> Comparison:
    """The comparison that an engineer makes from the page."""
    batch, baseline = pair_of(owner, **wanted)
    form = {"batch": batch.pk, "baseline": baseline.pk}
    answer = looker(owner, role=Role.ENGINEER).post("/compare/make/", form)
    assert answer.status_code == 302
    with tenant(owner.pk):
        return Comparison.objects.get(batch=batch)


def test_a_suite_is_picked_first_then_its_batches(acme: Tenant) -> None:
    batch, baseline = pair_of(acme)
    assert "sums" in shown(acme, "/compare/")
    page = shown(acme, "/compare/", suite="sums")
    assert all(f'<option value="{b.pk}"' in page for b in (batch, baseline))


def test_an_engineer_makes_a_comparison_and_is_led_to_it(acme: Tenant) -> None:
    batch, baseline = pair_of(acme)
    engineer = looker(acme, role=Role.ENGINEER)
    assert "Compare them now" in engineer.get(address(batch.pk, baseline.pk)).text
    form = {"batch": batch.pk, "baseline": baseline.pk}
    page = engineer.post("/compare/make/", form, follow=True)
    assert f"<title>Regressed: sums, {batch.run} against {baseline.run}" in page.text
    with tenant(acme.pk):
        assert Entry.objects.filter(action="comparison.made").count() == 1


def test_what_is_compared_leads_to_its_page(acme: Tenant) -> None:
    made = compared(acme)
    answer = looker(acme).get(address(made.batch_id, made.baseline_id))
    assert (answer.status_code, answer["Location"]) == (302, f"/comparisons/{made.pk}/")


def test_a_viewer_sees_what_is_made_and_makes_nothing(acme: Tenant) -> None:
    batch, baseline = pair_of(acme)
    viewer = looker(acme)
    page = viewer.get(address(batch.pk, baseline.pk)).text
    assert "Compare them now" not in page
    form = {"batch": batch.pk, "baseline": baseline.pk}
    assert viewer.post("/compare/make/", form).status_code == 403
    with tenant(acme.pk):
        assert not Comparison.objects.exists()


def test_nonsense_is_told_at_the_form(acme: Tenant) -> None:
    batch, _ = pair_of(acme)
    with tenant(acme.pk):
        other = of(make_suite(), "P" * 3)
        open_one = of(batch.suite, "P" * 3, state="running")
    viewer = looker(acme)
    for wrong in (batch.pk, other.pk, open_one.pk):
        page = viewer.get(address(batch.pk, wrong))
        assert (page.status_code, "comparison_refused" in page.text) == (409, True)
        assert "compare finished batches of one suite" in page.text
    for unknown in (uuid4(), "x", "%00"):
        page = viewer.get(address(batch.pk, unknown))
        assert (page.status_code, "batch_unknown" in page.text) == (404, True)


def test_half_a_pair_is_no_comparison(acme: Tenant) -> None:
    batch, _ = pair_of(acme)
    answer = looker(acme, role=Role.ENGINEER).post("/compare/make/", {"batch": batch.pk})
    assert (answer.status_code, "comparison_refused" in answer.text) == (409, True)


def test_another_tenants_batches_are_unknown(acme: Tenant, globex: Tenant) -> None:
    batch, baseline = pair_of(globex)
    assert looker(acme).get(address(batch.pk, baseline.pk)).status_code == 404
    assert "sums" not in shown(acme, "/compare/", suite="sums")


@pytest.mark.parametrize(
    ("now", "verdict", "said"),
    [
        ("P" * 28 + "F" * 12, "Regressed", "passes fewer cases than"),
        ("P" * 38 + "F" * 2, "No difference seen", "The true change may be anything from"),
        ("P" * 10 + "U" * 30, "Inconclusive", "Too little to tell"),
    ],
)
def test_the_verdict_is_said_in_plain_words(
    now: str, verdict: str, said: str, acme: Tenant
) -> None:
    page = shown(acme, f"/comparisons/{compared(acme, now=now).pk}/")
    assert f"<title>{verdict}: sums" in page
    assert said in page


def test_what_differs_comes_before_the_verdict(acme: Tenant) -> None:
    made = compared(acme, suite_version=2)
    page = shown(acme, f"/comparisons/{made.pk}/")
    banner = page.index("Not like for like")
    assert banner < page.index('class="verdict ')
    assert "suite version: 1 before, 2 now" in page


def test_like_for_like_has_no_banner(acme: Tenant) -> None:
    assert "Not like for like" not in shown(acme, f"/comparisons/{compared(acme).pk}/")


def test_the_effect_is_drawn_with_its_interval(acme: Tenant) -> None:
    page = shown(acme, f"/comparisons/{compared(acme).pk}/")
    assert 'class="chart chart--forest"' in page
    assert "95 % interval -45.4 to -18.1" in page
    assert "40 pairs: 12 worse, 0 better. 0 cases left out" in page
    assert "Exact McNemar" in page


def test_swapped_sides_are_one_link_away(acme: Tenant) -> None:
    made = compared(acme)
    swapped = f"/compare/?batch={made.baseline_id}&amp;baseline={made.batch_id}"
    assert swapped in shown(acme, f"/comparisons/{made.pk}/")


def test_an_engineer_pins_the_newer_batch(acme: Tenant) -> None:
    made = compared(acme)
    engineer = looker(acme, role=Role.ENGINEER)
    engineer.post(f"/comparisons/{made.pk}/pin/", {"note": "May", "any_client": "on"})
    with tenant(acme.pk):
        pinned = Baseline.objects.get()
    assert (pinned.batch_id, pinned.note, pinned.client_type) == (made.batch_id, "May", "")


def test_a_note_too_long_pins_nothing(acme: Tenant) -> None:
    made = compared(acme)
    engineer = looker(acme, role=Role.ENGINEER)
    page = engineer.post(f"/comparisons/{made.pk}/pin/", {"note": "x" * 501}, follow=True)
    assert "Not pinned" in page.text
    with tenant(acme.pk):
        assert not Baseline.objects.exists()


def test_a_viewer_does_not_pin(acme: Tenant) -> None:
    made = compared(acme)
    assert "Pin as baseline" not in shown(acme, f"/comparisons/{made.pk}/")
    assert looker(acme).post(f"/comparisons/{made.pk}/pin/").status_code == 403


def test_a_comparison_of_before_lists_can_be_made_again(acme: Tenant) -> None:
    made = compared(acme)
    with tenant(acme.pk):
        made.pairs.all().delete()
    page = shown(acme, f"/comparisons/{made.pk}/", role=Role.ENGINEER)
    assert "made before cases were listed" in page
    assert "Compare again" in page


def test_the_number_of_queries_does_not_grow(
    acme: Tenant, django_assert_max_num_queries: Any
) -> None:
    viewer = looker(acme)
    compared(acme)
    with django_assert_max_num_queries(20):
        few = viewer.get("/compare/")
    with tenant(acme.pk):
        suite = make_suite()
        for _ in range(5):
            of(suite, "P")
    with nobody(), django_assert_max_num_queries(20):
        many = viewer.get("/compare/", {"suite": suite.name})
    assert (few.status_code, many.text.count("<option")) == (200, 12)


def test_who_is_not_signed_in_signs_in(db: None) -> None:
    assert Client().get("/compare/")["Location"].startswith("/signin/")
