"""Signing in and out: counted, audited, and with session ids that change."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from evalsite.audit.models import Entry
from evalsite.people.change_role import change_role
from evalsite.people.queries import find_member
from evalsite.people.remove_member import remove_member
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.people.joined import GOOD_PASSWORD, member

SIGN_IN, PASSWORD = "/signin/", "/password/"


@pytest.fixture
def ann(acme: Tenant) -> User:
    """A curator of Acme whose password is "secret"."""
    with tenant(acme.pk):
        person: User = member(username="ann").user
    return person


@pytest.fixture
def browser() -> Client:
    """A browser at an address that nobody tried from before."""
    return Client(REMOTE_ADDR=f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1")


def sign_in(browser: Client, name: str = "ann", password: str = "secret") -> Any:
    return browser.post(SIGN_IN, {"username": name, "password": password})


def entries(of: Tenant) -> list[tuple[str, str, str]]:
    with tenant(of.pk):
        rows = Entry.objects.order_by("recorded_at", "pk")
        return list(rows.values_list("action", "actor", "subject"))


def session_id(browser: Client) -> str:
    return browser.cookies["sessionid"].value


@pytest.mark.usefixtures("ann")
def test_signing_in_and_out_is_audited(browser: Client, acme: Tenant) -> None:
    assert sign_in(browser).headers["Location"] == "/"
    browser.post("/signout/")
    verbs = ("person.signed_in", "person.signed_out")
    assert entries(acme) == [(verb, "ann", "ann") for verb in verbs]


@pytest.mark.usefixtures("ann")
def test_a_wrong_password_is_told_to_the_only_tenant(browser: Client, acme: Tenant) -> None:
    assert sign_in(browser, password="wrong").status_code == 200
    with tenant(acme.pk):
        entry = Entry.objects.get()
    assert (entry.action, entry.subject) == ("person.sign_in_failed", "ann")
    assert entry.details == {"address": browser.defaults["REMOTE_ADDR"]}


@pytest.mark.parametrize("name", ["nobody", "root", "both", "hunter2-typed-as-name"])
def test_what_concerns_no_single_tenant_is_a_line_without_the_name(
    name: str, browser: Client, acme: Tenant, globex: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    User.objects.create_superuser("root", password="secret")
    both = User.objects.create_user("both")
    for one in (acme, globex):
        with tenant(one.pk):
            admit(both, role=Role.VIEWER)
    logging.getLogger("evalsite").addHandler(caplog.handler)
    sign_in(browser, name, "wrong")
    logging.getLogger("evalsite").removeHandler(caplog.handler)
    assert (entries(acme), entries(globex)) == ([], [])
    assert "a sign-in failed that concerns no single tenant" in caplog.text
    assert "hunter2" not in caplog.text


def test_who_has_several_tenants_is_told_to_the_one_chosen(
    ann: User, browser: Client, acme: Tenant, globex: Tenant
) -> None:
    with tenant(globex.pk):
        admit(ann, role=Role.VIEWER)
    sign_in(browser)
    browser.post("/tenant/", {"tenant": globex.pk})
    assert entries(acme) == []
    assert [action for action, *_ in entries(globex)] == ["tenant.entered"]


@pytest.mark.usefixtures("ann")
def test_of_a_thousand_passwords_few_are_tried(
    browser: Client, acme: Tenant, django_assert_num_queries: Any
) -> None:
    answers = [sign_in(browser, password="wrong") for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    with django_assert_num_queries(0):
        answers = [sign_in(browser, password="secret") for _ in range(90)]
    assert {answer.status_code for answer in answers} == {429}
    assert 1 <= int(answers[0].headers["Retry-After"]) <= 300
    assert "Too many attempts failed: wait" in answers[0].content.decode()
    assert len(entries(acme)) == 10


@pytest.mark.usefixtures("ann")
def test_another_address_and_another_account_go_on(browser: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        member(username="bob")
    for _ in range(11):
        sign_in(browser, password="wrong")
    assert sign_in(browser, "bob").status_code == 302
    assert sign_in(Client(REMOTE_ADDR="192.0.2.8")).status_code == 302


@pytest.mark.usefixtures("ann")
def test_a_right_password_is_not_counted(browser: Client) -> None:
    for _ in range(3):
        for _ in range(9):
            sign_in(browser, password="wrong")
        assert sign_in(browser).status_code == 302
        browser.post("/signout/")


@pytest.mark.usefixtures("ann")
def test_signing_in_gives_a_new_session_id(browser: Client) -> None:
    browser.get(SIGN_IN)
    browser.session.save()
    session = browser.session
    session["planted"] = "1"
    session.save()
    browser.cookies["sessionid"] = str(session.session_key)
    sign_in(browser)
    assert session_id(browser) != session.session_key


@pytest.mark.usefixtures("ann")
def test_another_role_gives_a_new_session_id(browser: Client, acme: Tenant) -> None:
    sign_in(browser)
    browser.get("/admin/")
    before = session_id(browser)
    browser.get("/admin/")
    assert session_id(browser) == before
    with tenant(acme.pk):
        change_role(find_member("ann"), role=Role.ADMIN, actor="test")
    assert browser.get("/admin/keys/apikey/").status_code == 200
    assert session_id(browser) != before
    old = Client()
    old.cookies["sessionid"] = before
    assert old.get("/admin/").status_code == 302


@pytest.mark.usefixtures("ann")
def test_a_removed_member_is_outside_at_the_next_request(browser: Client, acme: Tenant) -> None:
    sign_in(browser)
    assert browser.get("/admin/").status_code == 200
    with tenant(acme.pk):
        remove_member(find_member("ann"), actor="test")
    assert browser.get("/admin/").headers["Location"] == "/tenant/"


@pytest.mark.usefixtures("ann")
def test_every_other_session_ends_when_the_password_changes(browser: Client, acme: Tenant) -> None:
    other = Client()
    for client in (browser, other):
        sign_in(client)
    before = session_id(browser)
    form = {"new_password1": GOOD_PASSWORD, "new_password2": GOOD_PASSWORD}
    assert browser.post(PASSWORD, {"old_password": "secret", **form}).headers["Location"] == "/"
    assert (browser.get("/admin/").status_code, other.get("/admin/").status_code) == (200, 302)
    assert session_id(browser) != before
    assert [e for e in entries(acme) if e[0] == "person.password_changed"] == [
        ("person.password_changed", "ann", "ann")
    ]


@pytest.mark.usefixtures("ann")
def test_a_wrong_old_password_changes_nothing(browser: Client, acme: Tenant) -> None:
    sign_in(browser)
    form = {"new_password1": GOOD_PASSWORD, "new_password2": GOOD_PASSWORD}
    assert browser.post(PASSWORD, {"old_password": "wrong", **form}).status_code == 200
    assert sign_in(Client()).status_code == 302


@pytest.mark.parametrize(
    ("own", "door"), [("login", "/signin/"), ("password_change", "/password/")]
)
def test_the_admins_own_doors_lead_to_ours(own: str, door: str, db: None) -> None:
    client = Client()
    for answer in (client.get(f"/admin/{own}/"), client.post(f"/admin/{own}/", {"username": "x"})):
        assert answer.headers["Location"].partition("?")[0] == door
    assert client.get("/admin/login/?next=/admin/cases/").headers["Location"].endswith("/cases/")
