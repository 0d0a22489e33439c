"""Each route that a session opens refuses a form without its token: asked of the URL resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from evalsite.tenants.middleware import SESSION_KEY
from evalsite.tenants.models import Tenant

# Opened by the signed token in its address, and by no cookie.
BY_TOKEN = {"/mute/x/"}
_FILLED = {"uuid": str(uuid4()), "int": "1", "app_label": "cases"}
_REFUSED = b"The form was too old"


def routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Yield a path of each route; the API's are left out, it has tests of its own."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield filled(route)
        elif not route.startswith("/api/"):
            yield from routes(entry, route)


def filled(route: str) -> str:
    """Put something in each place of a route."""
    route = re.sub(r"\(\?P<(\w+)>.*\)", r"<\1>", route).replace("^", "").replace("$", "")
    return re.sub(r"<(\w+)[^>]*>", lambda place: _FILLED.get(place[1], "x"), route)


ROUTES = sorted(set(routes(get_resolver())))


@pytest.fixture
def browser(acme: Tenant) -> Client:
    """Somebody who may do anything, in a browser that another site sends."""
    client = Client(enforce_csrf_checks=True)
    sign_in(client, acme)
    return client


def sign_in(client: Client, of: Tenant) -> None:
    """Sign in as a superuser who has chosen the tenant."""
    client.force_login(User.objects.get_or_create(username="root", is_superuser=True)[0])
    session = client.session
    session[SESSION_KEY] = str(of.pk)
    session.save()


def test_the_routes_are_found() -> None:
    assert {"/signin/", "/signout/", "/tenant/", "/password/", "/invitations/x/"} <= set(ROUTES)
    assert {"/admin/keys/apikey/add/", "/admin/logout/", "/admin/cases/"} <= set(ROUTES)
    assert set(ROUTES) >= BY_TOKEN


def test_every_route_refuses_a_form_without_a_token(browser: Client) -> None:
    taken = {path for path in ROUTES if _REFUSED not in browser.post(path).content}
    assert taken == BY_TOKEN


def test_a_route_takes_a_form_with_a_token(browser: Client, acme: Tenant) -> None:
    request = RequestFactory().get("/")
    browser.cookies["csrftoken"] = token = get_token(request)
    refused = []
    for path in (p for p in ROUTES if not p.startswith("/admin/") or p.endswith("/add/")):
        sign_in(browser, acme)
        answer = browser.post(path, {"csrfmiddlewaretoken": token})
        refused += [path] if _REFUSED in answer.content else []
    assert refused == []
