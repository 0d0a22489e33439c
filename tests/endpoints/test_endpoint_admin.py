"""Endpoints in the admin: a secret goes in and is not shown again."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pydantic import SecretStr

from evalsite.endpoints.configure import configure
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.seal import open_secret
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import nobody
from tests.tenant_rows import make_membership

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")
URL = "https://api.example.org/v1"
FIELDS = {"name": "main", "kind": "chat", "base_url": URL, "parallel": 25, "timeout_s": 60}


def browser(role: Role) -> Client:
    user = User.objects.create(username=role.value, is_staff=True)
    make_membership(user=user, role=role)
    client = Client()
    with nobody():
        client.force_login(user)
    return client


@pytest.fixture
def admin(as_acme: Tenant) -> Client:
    """An admin's browser."""
    return browser(Role.ADMIN)


def post(client: Client, endpoint: Endpoint | None = None, **fields: Any) -> Any:
    page = "admin:endpoints_endpoint_" + ("change" if endpoint else "add")
    with nobody():
        return client.post(reverse(page, args=[endpoint.pk] if endpoint else []), FIELDS | fields)


def test_an_admin_adds_an_endpoint_with_its_secret(admin: Client) -> None:
    assert post(admin, secret="s3cret", is_default="on").status_code == 302
    made = Endpoint.objects.get()
    assert (open_secret(made), made.is_default) == ("s3cret", True)


def test_the_page_does_not_have_the_secret(admin: Client) -> None:
    post(admin, secret="s3cret-4711")
    made = Endpoint.objects.get()
    with nobody():
        pages = [
            admin.get(reverse("admin:endpoints_endpoint_change", args=[made.pk])),
            admin.get(reverse("admin:endpoints_endpoint_changelist")),
            admin.get(reverse("admin:endpoints_endpoint_history", args=[made.pk])),
        ]
    for page in pages:
        assert page.status_code == 200
        assert "s3cret" not in page.content.decode()
        assert made.sealed_secret not in page.content.decode()


def test_a_refused_form_does_not_give_the_secret_back(admin: Client) -> None:
    page = post(admin, secret="s3cret-4711", parallel=0)
    assert page.status_code == 200
    assert "s3cret" not in page.content.decode()


def test_an_empty_secret_keeps_the_one_that_is_there(admin: Client) -> None:
    post(admin, secret="s3cret")
    made = Endpoint.objects.get()
    assert post(admin, made, parallel=3).status_code == 302
    made.refresh_from_db()
    assert (open_secret(made), made.parallel) == ("s3cret", 3)


def test_a_secret_is_removed(admin: Client) -> None:
    post(admin, secret="s3cret")
    post(admin, Endpoint.objects.get(), remove_secret="on")
    assert not Endpoint.objects.get().has_secret


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"base_url": "https://evil.example.net"}, "give its secret"),
        ({"base_url": "http://169.254.169.254"}, "may not be called"),
        ({"base_url": "https://u:p@api.example.org"}, "user or password"),
    ],
)
def test_a_bad_address_is_refused(admin: Client, fields: dict[str, str], told: str) -> None:
    made = configure(Endpoint(name="main", base_url=URL), secret=SecretStr("s"))
    assert told in post(admin, made, **fields).content.decode()
    made.refresh_from_db()
    assert made.base_url == URL


@pytest.mark.parametrize("name", ["mock", "main"])
def test_a_name_that_is_taken_is_refused(admin: Client, name: str) -> None:
    configure(Endpoint(name="main", base_url=URL))
    assert post(admin, name=name).status_code == 200
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CURATOR, Role.ENGINEER])
def test_others_look_and_change_nothing(as_acme: Tenant, role: Role) -> None:
    made = configure(Endpoint(name="main", base_url=URL))
    client = browser(role)
    with nobody():
        assert client.get(reverse("admin:endpoints_endpoint_changelist")).status_code == 200
    assert post(client, made, parallel=3).status_code == 403
    assert post(client, name="other").status_code == 403
