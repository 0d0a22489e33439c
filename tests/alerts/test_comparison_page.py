"""The page that mails link to."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from evalsite.regressions.compare import compare
from evalsite.regressions.models import Comparison
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.alerts.told import Story
from tests.factories import make_gate, make_gate_check

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def fall(as_acme: Tenant) -> Comparison:
    """A fall in one slice, with answers that differ in a word."""
    story = Story(reason=NASTY, tags=["dates"])
    for fallen, answer in ((0, "on Friday the 20th"), (12, f"on Friday the 13th {NASTY}")):
        batch = story.batch(fallen=fallen)
        story.answer(batch, {"answer": answer})
    found = compare(batch)
    assert found is not None
    return found


def see(client: Client, comparison: Comparison) -> str:
    with nobody():
        return client.get(f"/comparisons/{comparison.pk}/").text


def test_it_says_the_verdict_with_its_interval(boss: Client, fall: Comparison) -> None:
    page = see(boss, fall)
    assert "Regressed: assistant" in page
    assert "-30.0 points" in page
    assert "95 % interval -45.4 to -18.1; p = 0.00049" in page


def test_it_lists_the_pass_rate_first_and_every_change(boss: Client, fall: Comparison) -> None:
    rows = see(boss, fall).split(">Metrics</h2>")[1].split("<tr>")[2:]
    assert ">pass rate</th>" in rows[0]
    assert "<td>-30.0</td>" in rows[0]


def test_both_pages_say_what_the_gate_answered_last(boss: Client, fall: Comparison) -> None:
    rule = {"rule": "primary", "title": "pass_rate", "outcome": "needs_review", "text": "open"}
    gate = make_gate(name="release")
    make_gate_check(gate=gate, comparison=fall, outcome="passed")
    make_gate_check(gate=gate, comparison=fall, outcome="needs_review", reasons=[rule])
    with nobody():
        pages = see(boss, fall), boss.get(f"/batches/{fall.batch_id}/").text
    for page in pages:
        assert "Gate release: needs review" in page
        assert "needs review</strong> primary pass_rate: open" in page
        assert "Gate release: passed" not in page


def test_it_shows_where_and_how(boss: Client, fall: Comparison) -> None:
    page = see(boss, fall)
    assert ">tag dates</th>" in page
    assert ">stage logic</th>" in page


def test_it_escapes_what_a_model_wrote(boss: Client, fall: Comparison) -> None:
    page = see(boss, fall)
    assert NASTY not in page
    assert "&lt;script&gt;" in page


def test_it_shows_warnings(boss: Client, fall: Comparison) -> None:
    fall.warnings = [{"code": "judge_differs", "text": "another judge"}]
    fall.save()
    assert "judge_differs" in see(boss, fall)


def test_the_batch_links_to_it(boss: Client, fall: Comparison) -> None:
    with nobody():
        page = boss.get(f"/batches/{fall.batch_id}/").text
    assert f"/comparisons/{fall.pk}/" in page


def test_another_tenants_is_not_found(boss: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        found = Story()
        found.batch(fallen=0)
        foreign = found.compared(fallen=0)
    assert foreign is not None
    with nobody():
        codes = [boss.get(f"/comparisons/{pk}/").status_code for pk in (foreign.pk, uuid4())]
    assert codes == [404, 404]


def test_who_is_not_signed_in_signs_in(fall: Comparison) -> None:
    with nobody():
        response = Client().get(f"/comparisons/{fall.pk}/")
    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/signin/")
