"""Making a suite on a page, and describing one anew."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from evalsite.cases.curate import create_suite
from evalsite.cases.models import Suite
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.web.looking import looker, shown

NEW = "/suites/new/"


def test_each_pack_is_offered_with_what_it_is(acme: Tenant) -> None:
    page = shown(acme, NEW, role=Role.CURATOR)
    assert "exact: One answer against the expected one" in page
    assert 'value="rag"' in page


def test_a_new_suite_leads_to_its_import(acme: Tenant) -> None:
    sent = {"name": "sums", "pack": "exact", "cluster_key": "book"}
    answer = looker(acme, role=Role.CURATOR).post(NEW, sent)
    assert answer.headers["Location"] == reverse("import", args=["sums"])
    with tenant(acme.pk):
        assert Suite.objects.get().cluster_key == "book"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"name": "old"}, "suite_exists"),
        ({"name": "a b"}, "suite_name_invalid"),
        ({"name": "x", "pack": "nope"}, "not one of the available choices"),
        ({"name": ""}, "required"),
    ],
    ids=str,
)
def test_a_suite_that_cannot_be_made_says_why(
    acme: Tenant, sent: dict[str, Any], told: str
) -> None:
    with tenant(acme.pk):
        create_suite(name="old", pack="exact")
    answer = looker(acme, role=Role.CURATOR).post(NEW, {"pack": "exact", **sent})
    assert (answer.status_code, told in answer.content.decode()) == (422, True)


def test_a_suite_is_described_anew(acme: Tenant) -> None:
    with tenant(acme.pk):
        create_suite(name="sums", pack="exact", description="old", cluster_key="book")
    client, address = looker(acme, role=Role.CURATOR), reverse("suite-edit", args=["sums"])
    assert b'value="book"' in client.get(address).content
    client.post(address, {"description": "new", "cluster_key": ""})
    with tenant(acme.pk):
        suite = Suite.objects.get()
    assert (suite.description, suite.cluster_key) == ("new", "")


def test_a_viewer_and_another_tenant_do_neither(acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        create_suite(name="sums", pack="exact")
    edit = reverse("suite-edit", args=["sums"])
    assert [looker(acme).get(address).status_code for address in (NEW, edit)] == [403, 403]
    assert looker(globex, role=Role.CURATOR).post(edit, {}).status_code == 404
