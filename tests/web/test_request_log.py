"""One line a request: ids and figures, and not a word that was sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from evalsite.keys.issue import issue_key
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from evalsite.web.proxies import TrustedProxies
from tests.factories import make_batch
from tests.tenant_rows import make_membership
from tests.web.logged import Lines, logged

CANARY = "sk-canary-5d20e7"


def fall(request: HttpRequest) -> HttpResponse:
    """A page that falls over what it was sent."""
    heard = [request.headers["X-Secret"], request.POST["word"], request.GET["q"]]
    raise RuntimeError(f"cannot {heard}") from ValueError(CANARY)


urlpatterns = [path("fall", csrf_exempt(fall)), path("", include("evalsite.urls"))]


@pytest.fixture
def lines() -> Iterator[Lines]:
    with logged() as found:
        yield found


@pytest.fixture
def alice(as_acme: Tenant) -> Client:
    """The browser of a member of Acme."""
    user = User.objects.create(username="alice")
    make_membership(user=user, role=Role.VIEWER)
    client = Client(raise_request_exception=False)
    with nobody():
        client.force_login(user)
    return client


def only(lines: Lines) -> dict[str, Any]:
    (event,) = lines.events(logger="evalsite.request")
    return event


def test_a_request_has_ids_and_figures(alice: Client, acme: Tenant, lines: Lines) -> None:
    batch = make_batch()
    with nobody():
        answer = alice.get(f"/batches/{batch.pk}/?q={CANARY}")
    event = only(lines)
    assert (event["method"], event["status"]) == ("GET", 200)
    assert (event["route"], event["batch_id"]) == ("batches/<uuid:batch_id>/", str(batch.pk))
    assert (event["tenant_id"], str(event["user_id"])) == (
        str(acme.pk),
        alice.session["_auth_user_id"],
    )
    assert event["request_id"] == answer["X-Request-ID"]
    assert event["ms"] > 0
    assert "address" not in event
    assert CANARY not in lines.getvalue()


def test_a_program_is_known_by_its_key(as_acme: Tenant, lines: Lines) -> None:
    issued = issue_key(name="ci", role=Role.VIEWER, scopes=["*:read"])
    token = issued.token.get_secret_value()
    with nobody():
        Client().get("/api/v1/suites", headers={"Authorization": f"Bearer {token}"})
    event = only(lines)
    assert (event["key_id"], event["tenant_id"]) == (str(issued.key.pk), str(as_acme.pk))
    assert token not in lines.getvalue()


@pytest.mark.parametrize("told", ["ci-1234", "a" * 64, "ac4f7183-6b03-44db-ac26-b42b9b425e53"])
def test_a_safe_request_id_is_kept(told: str, db: None) -> None:
    assert Client().get("/signin/", headers={"X-Request-ID": told})["X-Request-ID"] == told


@pytest.mark.parametrize("told", ["", "a" * 65, "a b", "-a", "a\u00e9", "<b>", "a;b"])
def test_another_is_made(told: str, db: None) -> None:
    made = Client().get("/signin/", headers={"X-Request-ID": told})["X-Request-ID"]
    assert UUID(hex=made).hex == made != told


@pytest.mark.parametrize("path", [f"/mute/{CANARY}/", f"/{CANARY}", f"/invitations/{CANARY}/"])
def test_what_an_address_holds_is_not_told(path: str, db: None, lines: Lines) -> None:
    Client().get(path)
    assert only(lines)["status"] in (200, 404, 410)
    assert CANARY not in lines.getvalue()


@pytest.mark.urls(__name__)
def test_nothing_sent_is_told(alice: Client, lines: Lines) -> None:
    """Neither of the headers, the body and the form, nor of what an exception makes of them."""
    headers = {"X-Secret": CANARY, "Cookie2": CANARY, "User-Agent": CANARY, "Referer": CANARY}
    with nobody():
        answer = alice.post(f"/fall?q={CANARY}", {"word": CANARY}, headers=headers)
    event = only(lines)
    assert (answer.status_code, event["level"], event["status"]) == (500, "error", 500)
    told = event["exception"]
    assert (told["kind"], told["cause"]) == ("RuntimeError", "ValueError")
    assert told["places"][-1].endswith(" fall")
    assert CANARY not in lines.getvalue()


def test_a_strange_host_is_refused_without_repeating_it(db: None, lines: Lines) -> None:
    assert Client().get("/signin/", headers={"Host": f"{CANARY}.org"}).status_code == 400
    assert CANARY not in lines.getvalue()


def test_an_address_is_told_when_asked_for(db: None, settings: Any, lines: Lines) -> None:
    settings.ENV = settings.ENV.model_copy(update={"log_addresses": True})
    Client(REMOTE_ADDR="203.0.113.9").get("/signin/")
    assert only(lines)["address"] == "203.0.113.9"


def test_health_is_quiet_while_it_is_good(db: None, lines: Lines) -> None:
    Client().get("/healthz")
    assert only(lines)["level"] == "debug"


@pytest.mark.parametrize(
    ("count", "told", "address"),
    [
        (0, "1.1.1.1", "10.0.0.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_only_our_own_proxies_are_believed(
    count: int, told: str, address: str, settings: Any
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": count})
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": told})
    TrustedProxies(lambda _: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address
