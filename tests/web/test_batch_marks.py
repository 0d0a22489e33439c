"""A batch's page says what must be known of its judges."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.factories import make_batch, make_summary
from tests.tenant_rows import make_user


def page_of(acme: Tenant, **fields: object) -> str:
    """The page of a batch, as a viewer sees it."""
    person = make_user()
    with tenant(acme.pk):
        admit(person, role=Role.VIEWER)
        batch = make_batch(state="finished", **fields)
        make_summary(batch=batch)
    client = Client()
    client.force_login(person)
    return client.get(reverse("batch", args=[batch.pk])).content.decode()


def test_an_ordinary_batch_has_no_mark(acme: Tenant) -> None:
    assert "judge_" not in page_of(acme)


def test_an_untrusted_judge_is_said(acme: Tenant) -> None:
    page = page_of(acme, preflight="untrusted", preflight_notes=["it let <b>all</b> pass"])
    assert "judge_untrusted" in page
    assert "it let &lt;b&gt;all&lt;/b&gt; pass" in page
