"""Every route x every way in that must be closed, each beside the way that must be open.

Generated from the URL resolver: a route that has no row in `rows` fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from tests.api.all_rows import ROWS, row_of
from tests.api.conftest import asker, holding
from tests.api.given import given_for
from tests.api.routes import Route, routes
from tests.api.rows import Given, Row
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


def test_no_row_is_left_over() -> None:
    assert set(ROWS) <= {str(route) for route in ROUTES}


@every_route
def test_the_way_in_is_open_to_whom_it_is_for(route: Route, acme: Tenant) -> None:
    row = row_of(route)
    with tenant(acme.pk):
        given = given_for(route, row)
    lowest = asker(acme, role=roles_for(route)[0], scopes=[scope_for(route)])
    answer = send(lowest, route, row=row, given=given)
    assert answer.status_code == row.status, told(answer)


@every_route
def test_to_others_it_is_closed(route: Route, acme: Tenant) -> None:
    row = row_of(route)
    with tenant(acme.pk):
        given = given_for(route, row)
    for (status, code), client in others(acme, route):
        refused = send(client, route, row=row, given=given)
        assert (refused.status_code, told(refused)["code"]) == (status, code)
    assert send(asker(acme), route, row=row, given=given).status_code == row.status


def others(acme: Tenant, route: Route) -> Iterator[tuple[tuple[int, str], Client]]:
    """Everybody who may not, and what they must be told."""
    may = roles_for(route)
    for role in [role for role in Role if role not in may][-1:]:
        yield (403, "role_too_low"), asker(acme, role=role)
    yield (403, "scope_missing"), asker(acme, scopes=all_scopes_but(scope_for(route)))
    yield (401, "not_authenticated"), Client()
    for ended in ("revoked", "expired"):
        yield (401, "key_refused"), holder_of(acme, ended=ended)
    closed = Tenant.objects.create(slug="closed", name="Closed")
    client = holder_of(closed, ended="")
    Tenant.objects.filter(pk=closed.pk).update(is_active=False)
    yield (401, "key_refused"), client


def all_scopes_but(scope: str) -> list[str]:
    """The scope's own room the other way round, and the same access elsewhere."""
    room, access = scope.split(":")
    other = {"read": "write", "write": "read"}[access]
    elsewhere = "alerts" if room == "cases" else "cases"
    return [f"{room}:{other}", f"{elsewhere}:{access}"]


def holder_of(of: Tenant, *, ended: str) -> Client:
    """A program whose key was good for all until it ended."""
    with tenant(of.pk):
        issued = issue_key(name=ended or "good", role=Role.OWNER, scopes=["*:read", "*:write"])
        if ended == "revoked":
            revoke_key(issued.key)
        if ended == "expired":
            past = timezone.now() - timedelta(seconds=1)
            ApiKey.objects.filter(pk=issued.key.pk).update(expires_at=past)
    return holding(issued.token.get_secret_value())


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
    assert send(asker(acme), route, row=row, given=given).status_code == row.status


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


def fill(route: Route, row: Row, *, given: Given) -> None:
    """Put three rows into a list, under the parent that its address names."""
    names = {field.name for field in route.model._meta.get_fields()}
    parents = {name.removesuffix("_id"): one for name, one in given.items()}
    for number in range(1, 4):
        if row.fill is not None:
            row.fill(given, number)
        else:
            FACTORIES[route.model](**{name: one for name, one in parents.items() if name in names})


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_cursor_is_worth_nothing_to_another_tenant(
    route: Route, acme: Tenant, globex: Tenant
) -> None:
    row = row_of(route)
    with tenant(acme.pk):
        given = given_for(route, row)
        fill(route, row, given=given)
    first = send(asker(acme), route, row=row, given=given, query={"page_size": "1"})
    following = told(first)["next"]
    if following is None:
        pytest.skip("one page holds all")
    answer = asker(globex).get(following)
    assert answer.status_code == (404 if route.kwargs else 200)
    assert answer.status_code == 404 or answer.json()["results"] == []
