"""What is said where a page cannot be: what helps, the request's id, and no word too many."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from evalsite.errors import UsageError
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from evalsite.web.frame.forbidden import forbidden
from evalsite.web.frame.page import act, page
from tests.factories import make_suite
from tests.web.looking import looker

handler403 = forbidden


class NoSuchThing(UsageError):
    """An error that a view meets."""

    code = "no_such_thing"
    hint = "look elsewhere"


@page("summaries")
def broken(request: HttpRequest) -> HttpResponse:
    """A view with a fault."""
    raise RuntimeError("the secret of the house")


@page("summaries")
def refused(request: HttpRequest) -> HttpResponse:
    """A view that meets an error with a code."""
    raise NoSuchThing("there is no such thing")


@act("batches", "change")
def engineered(request: HttpRequest) -> HttpResponse:
    """A button for engineers."""
    return HttpResponse("done")


urlpatterns = [
    path("broken/", broken),
    path("refused/", refused),
    path("engineered/", engineered),
    path("", include("evalsite.urls")),
]
here = pytest.mark.urls(__name__)


def asked(client: Client, address: str, **extra: Any) -> tuple[int, str]:
    client.raise_request_exception = False
    answer = client.get(address, HTTP_X_REQUEST_ID="req-42", **extra)
    return answer.status_code, answer.content.decode()


def test_a_missing_page_says_where_to_go(acme: Tenant) -> None:
    status, text = asked(looker(acme), "/nothing-here/")
    assert status == 404
    assert "Acme has nothing at this address" in text
    assert "Request req-42" in text
    assert 'href="/tenant/"' in text


def test_what_is_another_tenants_reads_like_what_is_nowhere(acme: Tenant, globex: Tenant) -> None:
    with tenant(globex.pk):
        make_suite(name="theirs")
    client = looker(acme)
    theirs, nowhere = (asked(client, f"/suites/{name}/") for name in ("theirs", "nowhere"))
    assert theirs[0] == nowhere[0] == 404
    assert theirs[1].partition("<main")[2] == nowhere[1].partition("<main")[2] != ""


def test_strangers_get_the_page_too(db: None) -> None:
    status, text = asked(Client(), "/nothing-here/")
    assert status == 404
    assert "There is nothing at this address" in text
    assert "Choose a tenant" not in text


@here
def test_a_fault_tells_the_request_and_not_what_fell(acme: Tenant) -> None:
    status, text = asked(looker(acme), "/broken/")
    assert status == 500
    assert "<code>req-42</code>" in text
    assert "secret" not in text


@here
def test_an_error_with_a_code_says_what_helps(acme: Tenant) -> None:
    status, text = asked(looker(acme), "/refused/")
    assert status == 422
    assert "There is no such thing" in text
    assert "What helps: look elsewhere." in text
    assert "<code>no_such_thing</code> · request req-42" in text


@here
@pytest.mark.parametrize("role", [Role.VIEWER, Role.CURATOR])
def test_who_may_not_is_told_who_may(role: Role, acme: Tenant) -> None:
    answer = looker(acme, role=role).post("/engineered/")
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "one must be engineer or more" in text
    assert f"in Acme you are {role}" in text


@here
def test_who_may_is_let(acme: Tenant) -> None:
    assert looker(acme, role=Role.ENGINEER).post("/engineered/").content == b"done"


def test_the_admin_refuses_in_the_same_words(acme: Tenant) -> None:
    status, text = asked(looker(acme), "/admin/cases/testcase/add/")
    assert status == 403
    assert "As viewer of Acme you may not do this here" in text


def test_an_old_form_is_refused_with_what_helps(acme: Tenant) -> None:
    answer = Client(enforce_csrf_checks=True).post("/signin/", {}, HTTP_X_REQUEST_ID="req-42")
    assert answer.status_code == 403
    assert "What helps: go back" in answer.content.decode()
    assert "Request req-42" in answer.content.decode()
