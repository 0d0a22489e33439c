"""No body stores what is not the sender's to say: every writable body, every such member."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import pytest

from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.api.all_rows import ROWS, row_of
from tests.api.conftest import asker
from tests.api.given import given_for
from tests.api.routes import Route, routes
from tests.api.send import send, told

NOT_TO_SAY: Final[dict[str, Any]] = {
    "id": str(uuid4()),
    "tenant": str(uuid4()),
    "tenant_id": str(uuid4()),
    "owner": "mallory",
    "role": "owner",
    "status": "completed",
    "state": "finished",
    "score": 1.0,
    "overall_score": 1.0,
    "created_at": "2001-01-01T00:00:00Z",
    "created_by": "mallory",
    "is_superuser": True,
}
# Where such a name is a member like any other, for whoever may use the route at all.
MEANT: Final[dict[str, set[str]]] = {
    "post cases": {"state"},
    "patch case": {"state"},
    "post results": {"score"},
}
WRITES = [
    route
    for route in routes()
    if (row := ROWS.get(str(route))) and row.body and row.content_type == "application/json"
]


@pytest.mark.parametrize("route", WRITES, ids=str)
def test_what_is_not_to_say_is_refused(route: Route, acme: Tenant) -> None:
    row, client = row_of(route), asker(acme)
    with tenant(acme.pk):
        given = given_for(route, row)
        body = row.body(given) if row.body else {}
    for name in NOT_TO_SAY.keys() - body.keys() - MEANT.get(str(route), set()):
        answer = send(client, route, row=row, given=given, body={**body, name: NOT_TO_SAY[name]})
        assert answer.status_code == 400, (name, told(answer))
        assert {name: "unknown"} == {e["field"]: e["code"] for e in told(answer)["errors"]}


@pytest.mark.parametrize("route", WRITES, ids=str)
def test_the_same_body_without_it_is_taken(route: Route, acme: Tenant) -> None:
    row, client = row_of(route), asker(acme)
    with tenant(acme.pk):
        given = given_for(route, row)
    assert send(client, route, row=row, given=given).status_code == row.status
