"""Each list and each row in the admin: it answers, and asks as much for one row as for many."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evalsite.audit.admin import BigAdmin
from evalsite.audit.big_lists import MOST
from evalsite.audit.models import Entry
from evalsite.quotas.models import Quota, Spending
from evalsite.retention.models import Policy
from evalsite.scoring.models import Scorecard
from evalsite.tenants.models import Role, Tenant
from tests.factories import FACTORIES, make_suite
from tests.web.looking import looker

MANY = 4
# A tenant has one of these.
SINGLE = (Policy, Quota, Spending)
OWNED = sorted(
    (model for model in admin.site._registry if model in FACTORIES),
    key=lambda model: model._meta.label,
)
every_model = pytest.mark.parametrize("model", OWNED, ids=lambda model: model._meta.label)


def place(model: type[Model], *rest: object) -> str:
    options = model._meta
    return "/".join(["/admin", options.app_label, str(options.model_name), *map(str, rest), ""])


def asked(client: Client, address: str, **query: str) -> list[str]:
    """The SQL of a page that answers."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, query).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


@pytest.fixture
def owner(as_acme: Tenant) -> Client:
    client = looker(as_acme, role=Role.OWNER)
    client.get("/admin/")
    return client


@every_model
def test_a_list_asks_as_much_for_two_as_for_many(model: type[Model], owner: Client) -> None:
    make: Callable[..., Any] = FACTORIES[model]
    n = 1 if model in SINGLE else 2
    row, *_ = [make() for _ in range(n)]
    before = asked(owner, place(model))
    for _ in range(MANY * (n - 1)):
        make()
    after = asked(owner, place(model))
    assert len(after) == len(before), "\n".join(sorted(set(after) - set(before)))
    page = owner.get(place(model, row.pk, "change"))
    assert page.status_code == 200
    if hasattr(row, "get_absolute_url"):
        assert row.get_absolute_url() in page.content.decode()


BIG = [model for model, page in admin.site._registry.items() if isinstance(page, BigAdmin)]


def test_the_big_tables_have_big_lists() -> None:
    assert {Entry, Scorecard} <= set(BIG)
    assert len(BIG) >= 8


@pytest.mark.parametrize("model", BIG, ids=lambda model: model._meta.label)
def test_a_big_list_looks_at_few_rows(model: type[Model], owner: Client) -> None:
    FACTORIES[model]()
    table = re.compile(f'FROM "{model._meta.db_table}"')
    for sql in filter(table.search, asked(owner, place(model))):
        assert "COUNT(" not in sql or f"LIMIT {MOST}" in sql, sql
        assert "DISTINCT" not in sql
        assert "MIN(" not in sql


def test_filters_tell_how_many(owner: Client) -> None:
    make_suite(pack="exact")
    html = owner.get("/admin/cases/suite/").content.decode()
    assert "exact (1)" in html


def test_times_have_24_hours(owner: Client) -> None:
    html = owner.get(place(type(make_suite()), make_suite().pk, "change")).content.decode()
    assert not re.search(r"\d [ap]\.m\.", html)
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", html)


def test_scopes_are_grouped_by_room(owner: Client) -> None:
    html = owner.get("/admin/keys/apikey/add/").content.decode()
    assert html.index("every room") < html.index("*:read") < html.index("*:write")
    assert html.index("*:write") < html.index("alerts:read")
