"""Every route x every way in that must be closed, each beside the way that must be open.

Generated from the URL resolver: a route that has no row in `rows` fails here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from evalsite.keys.issue import issue_key
from evalsite.keys.models import ApiKey
from evalsite.keys.revoke import revoke_key
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.permissions import allows
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, holding
from tests.api.routes import Route, routes
from tests.api.rows import ROWS, Given, given_for, row_of
from tests.api.send import random_ids, send, told
from tests.factories import FACTORIES

ROUTES = routes()
every_route = pytest.mark.parametrize("route", ROUTES, ids=str)
LISTS = [route for route in ROUTES if route.action == "list"]


def roles_for(route: Route) -> list[Role]:
    """The roles that may, by the one table; the lowest first."""
    return [role for role in Role if allows(role, verb=route.verb, room=route.resource.room)]


def scope_for(route: Route) -> str:
    """The one scope that the route asks of a key."""
    return f"{route.resource.room}:{'read' if route.verb == 'view' else 'write'}"


def lowest(of: Tenant, route: Route) -> Client:
    """A program that may do just what the route asks, and no more."""
    return asker(of, role=roles_for(route)[0], scopes=[scope_for(route)])


def test_no_row_is_left_over() -> None:
    assert set(ROWS) <= {str(route) for route in ROUTES}


@every_route
def test_the_way_in_is_open(route: Route, acme: Tenant) -> None:
    row = row_of(route)
    with tenant(acme.pk):
        given = given_for(route, row)
    answer = send(lowest(acme, route), route, row=row, given=given)
    assert answer.status_code == row.status, told(answer)


@every_route
def test_another_tenants_rows_do_not_exist(route: Route, acme: Tenant, globex: Tenant) -> None:
    if not route.kwargs:
        pytest.skip("the address names nothing")
    row, stranger = row_of(route), asker(globex)
    with tenant(acme.pk):
        given = given_for(route, row)
    foreign = send(stranger, route, row=row, given=given)
    nobodys = send(stranger, route, row=row, given=given, **random_ids(route))
    assert (foreign.status_code, nobodys.status_code) == (404, 404)
    assert told(foreign) == told(nobodys)


@every_route
def test_a_lower_role_may_not(route: Route, acme: Tenant) -> None:
    too_low = [role for role in Role if role not in roles_for(route)]
    if not too_low:
        pytest.skip("every role may")
    row = row_of(route)
    with tenant(acme.pk):
        given = given_for(route, row)
    for role in too_low:
        refused = send(asker(acme, role=role), route, row=row, given=given)
        assert (refused.status_code, told(refused)["code"]) == (403, "role_too_low")


@every_route
def test_a_key_without_the_scope_may_not(route: Route, acme: Tenant) -> None:
    row, needed = row_of(route), scope_for(route)
    with tenant(acme.pk):
        given = given_for(route, row)
    room, access = needed.split(":")
    other = {"read": "write", "write": "read"}[access]
    elsewhere = "alerts" if room == "cases" else "cases"
    scopes = [f"{room}:{other}", f"{elsewhere}:{access}"]
    refused = send(asker(acme, scopes=scopes), route, row=row, given=given)
    assert (refused.status_code, told(refused)["code"]) == (403, "scope_missing")


def ended_keys(acme: Tenant) -> dict[str, Client]:
    """Programs whose keys are good no more, and one without."""
    clients = {"none": Client()}
    with tenant(acme.pk):
        for state in ("revoked", "expired"):
            issued = issue_key(name=state, role=Role.OWNER, scopes=["*:read", "*:write"])
            clients[state] = holding(issued.token.get_secret_value())
            if state == "revoked":
                revoke_key(issued.key)
            else:
                ApiKey.objects.filter(pk=issued.key.pk).update(
                    expires_at=timezone.now() - timedelta(seconds=1)
                )
    return clients


@every_route
def test_a_key_that_is_none_opens_nothing(route: Route, acme: Tenant) -> None:
    row, clients = row_of(route), ended_keys(acme)
    with tenant(acme.pk):
        given = given_for(route, row)
    for state, client in clients.items():
        refused = send(client, route, row=row, given=given)
        assert refused.status_code == 401, (state, told(refused))


@every_route
def test_a_closed_tenants_key_opens_nothing(route: Route, acme: Tenant) -> None:
    row, client = row_of(route), asker(acme)
    with tenant(acme.pk):
        given = given_for(route, row)
    Tenant.objects.filter(pk=acme.pk).update(is_active=False)
    assert send(client, route, row=row, given=given).status_code == 401


def uuids_in(body: Any) -> list[str]:
    """The members of a body that name rows by their ids."""
    return [name for name, value in body.items() if isinstance(value, UUID)]


WITH_BODIES = [r for r in ROUTES if (row := ROWS.get(str(r))) and row.body]


@pytest.mark.parametrize("route", WITH_BODIES, ids=str)
def test_a_body_cannot_name_another_tenants_rows(
    route: Route, acme: Tenant, globex: Tenant
) -> None:
    row, client = row_of(route), asker(acme)
    with tenant(acme.pk):
        given = given_for(route, row)
    with tenant(globex.pk):
        foreign = row.body(given_for(route, row)) if row.body else {}
    if not isinstance(foreign, dict) or not uuids_in(foreign):
        pytest.skip("the body names no rows")
    for name in uuids_in(foreign):
        own = row.body(given) if row.body else {}
        theirs, nobodys = {**own, name: foreign[name]}, {**own, name: uuid4()}
        said = [send(client, route, row=row, given=given, body=b) for b in (theirs, nobodys)]
        assert {answer.status_code for answer in said} <= {400, 404}, told(said[0])
        first, second = (str(told(answer)) for answer in said)
        assert first.replace(str(theirs[name]), "") == second.replace(str(nobodys[name]), "")


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_filter_does_not_tell_what_exists_elsewhere(
    route: Route, acme: Tenant, globex: Tenant
) -> None:
    row, client = row_of(route), asker(acme)
    with tenant(acme.pk):
        given = given_for(route, row)
    with tenant(globex.pk):
        theirs = [row.pk for row in given_for(route, row).values()] or [uuid4()]
    for name in route.filters:
        query = row.query(given)
        foreign = send(client, route, row=row, given=given, query={**query, name: theirs[0]})
        nobodys = send(client, route, row=row, given=given, query={**query, name: uuid4()})
        assert foreign.status_code == nobodys.status_code, name
        if foreign.status_code == 200:
            assert told(foreign)["results"] == told(nobodys)["results"], name


def fill(route: Route, given: Given) -> None:
    """Put three rows into a list, under the parent that its address names."""
    model = route.resource.queryset.model  # type: ignore[union-attr]
    names = {field.name for field in model._meta.get_fields()}
    parents = {name.removesuffix("_id"): row for name, row in given.items()}
    for _ in range(3):
        FACTORIES[model](**{name: row for name, row in parents.items() if name in names})


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_cursor_is_worth_nothing_to_another_tenant(
    route: Route, acme: Tenant, globex: Tenant
) -> None:
    row = row_of(route)
    with tenant(acme.pk):
        given = given_for(route, row)
        fill(route, given)
    first = send(asker(acme), route, row=row, given=given, query={"page_size": "1"})
    following = told(first)["next"]
    if following is None:
        pytest.skip("one page holds all")
    answer = asker(globex).get(following)
    assert answer.status_code == (404 if route.kwargs else 200)
    assert answer.status_code == 404 or answer.json()["results"] == []
