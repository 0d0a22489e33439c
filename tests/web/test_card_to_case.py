"""A failure becomes a case, or a case's next revision."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from evalsite.cases.curate import save_case
from evalsite.cases.models import Suite, TestCase
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from packs.registry import PACKS
from tests.factories import make_suite
from tests.web.carded import make_answer
from tests.web.looking import looker, shown


@pytest.fixture
def card(acme: Tenant) -> Scorecard:
    """A case that failed, in a suite whose case is as curated."""
    with tenant(acme.pk):
        made = make_answer("another one")
        fields = {"key": "case-1", "input": {"question": "What is it?"}, "tags": ["kept"]}
        save_case(made.batch.suite, {**fields, "expected": {"answer": "the right one!"}})
        return made


def add(acme: Tenant, card: Scorecard, *, role: Role = Role.CURATOR, **given: Any) -> Any:
    """Send the form, with the expected answer corrected if not told otherwise."""
    form = {
        "suite": card.batch.suite_id,
        "key": "case-1",
        "input": json.dumps({"question": "What is it?"}),
        "expected": json.dumps({"answer": "corrected"}),
        "state": "active",
        "note": "seen in a batch",
    }
    return looker(acme, role=role).post(reverse("card-to-case", args=[card.pk]), {**form, **given})


def cases(acme: Tenant) -> dict[str, tuple[Any, int]]:
    """What is expected by each case, and its revision."""
    with tenant(acme.pk):
        return {c.key: (c.expected["answer"], c.revision_number) for c in TestCase.objects.all()}


def test_the_form_is_filled_with_the_case(acme: Tenant, card: Scorecard) -> None:
    address = reverse("card-to-case", args=[card.pk])
    page = shown(acme, address, role=Role.CURATOR)
    assert "the right one" in page
    answered = shown(acme, address, role=Role.CURATOR, expected="output")
    assert "another one" in answered


def test_the_same_key_makes_the_next_revision_and_keeps_the_tags(
    acme: Tenant, card: Scorecard
) -> None:
    before = cases(acme)["case-1"][1]
    assert add(acme, card).status_code == 302
    assert cases(acme)["case-1"] == ("corrected", before + 1)
    with tenant(acme.pk):
        assert TestCase.objects.get(key="case-1").tags == ["kept"]


def test_another_key_makes_a_new_case(acme: Tenant, card: Scorecard) -> None:
    add(acme, card, key="new-one")
    assert cases(acme)["new-one"] == ("corrected", 1)


def test_another_suite_of_the_pack_may_take_it(acme: Tenant, card: Scorecard) -> None:
    with tenant(acme.pk):
        other = make_suite(name="other")
    add(acme, card, suite=other.pk)
    with tenant(acme.pk):
        assert TestCase.objects.get(suite=other).expected == {"answer": "corrected"}


def test_a_suite_of_another_pack_is_not_offered(acme: Tenant, card: Scorecard) -> None:
    assert "rag" in PACKS.names()
    with tenant(acme.pk):
        other: Suite = make_suite(name="other", pack="rag")
    assert add(acme, card, suite=other.pk).status_code == 422


def test_the_case_that_is_the_same_is_named(acme: Tenant, card: Scorecard) -> None:
    add(acme, card, key="first")
    again = add(acme, card, key="second")
    assert again.status_code == 422
    assert b"The case first of exact-suite asks and expects the same." in again.content


def test_a_save_that_changes_nothing_is_told(acme: Tenant, card: Scorecard) -> None:
    same = add(acme, card, expected=json.dumps({"answer": "the right one!"}))
    assert b"The case case-1 of exact-suite asks and expects the same." in same.content


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"expected": '{"answr": 1}'}, b"answr"),
        ({"expected": "{"}, b"not JSON"),
        ({"key": "a\u202eb"}, b"no control characters"),
    ],
)
def test_what_the_pack_refuses_is_told(
    acme: Tenant, card: Scorecard, given: Any, told: bytes
) -> None:
    answer = add(acme, card, **given)
    assert answer.status_code == 422
    assert told in answer.content


def test_a_viewer_may_not(acme: Tenant, card: Scorecard) -> None:
    assert add(acme, card, role=Role.VIEWER).status_code == 403


def test_another_tenant_finds_nothing(globex: Tenant, card: Scorecard) -> None:
    assert add(globex, card).status_code == 404
