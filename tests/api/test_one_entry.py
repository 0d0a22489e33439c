"""Each route that changes something writes exactly one audit entry, with who did it."""

from __future__ import annotations

import pytest

from evalsite.audit.models import Entry
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.all_rows import row_of
from tests.api.conftest import asker
from tests.api.given import given_for
from tests.api.routes import Route, routes
from tests.api.send import send, told

# The key's own: issuing it for the test, and that it was used.
OF_THE_KEY = ("key.used",)
CHANGES = [route for route in routes() if not route.is_safe]


@pytest.mark.parametrize("route", CHANGES, ids=str)
def test_a_change_is_one_entry(route: Route, acme: Tenant) -> None:
    row, client = row_of(route), asker(acme)
    with tenant(acme.pk):
        given = given_for(route, row)
        before = set(Entry.objects.values_list("pk", flat=True))
    answer = send(client, route, row=row, given=given)
    assert answer.status_code == row.status, told(answer)
    with tenant(acme.pk):
        written = Entry.objects.exclude(pk__in=before).exclude(action__in=OF_THE_KEY)
        assert written.count() == row.entries, list(written.values("action"))
        assert {(entry.actor_kind, entry.role) for entry in written} <= {("key", "owner")}
        assert all(entry.request_id for entry in written)
