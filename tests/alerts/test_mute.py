"""The link in a mail mutes what it stands for, for whoever holds it, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client

from evalsite.alerts.models import Subscription
from evalsite.alerts.mute import mute_url
from evalsite.audit.models import Entry
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import nobody, tenant
from tests.factories import make_subscription


@pytest.fixture
def link(as_acme: Tenant) -> str:
    return urlsplit(mute_url([make_subscription(email="ann@example.org").pk])).path


def is_muted() -> bool:
    return Subscription.objects.get().is_muted


def test_following_it_changes_nothing(link: str) -> None:
    with nobody():
        page = Client().get(link)
    assert "Mute alerts to ann@example.org?" in page.text
    assert page["Referrer-Policy"] == "same-origin"
    assert not is_muted()


def test_one_click_of_a_mail_program_mutes(link: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    with nobody():
        page = strict.post(link, {"List-Unsubscribe": "One-Click"})
    assert "is told no more" in page.text
    assert is_muted()
    assert Entry.objects.get(action="subscription.muted").actor == "mute link"


def test_it_can_be_taken_back(link: str) -> None:
    for form in ({}, {}, {"unmute": "1"}):
        with nobody():
            page = Client().post(link, form)
    assert "is told again" in page.text
    assert not is_muted()
    assert Entry.objects.filter(action__startswith="subscription.").count() == 2


@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "é:1:2"])
def test_a_forged_link_is_told_so(link: str, token: str) -> None:
    with nobody():
        page = Client().post(f"/mute/{token}/")
    assert (page.status_code, "The link does not work" in page.text) == (404, True)
    assert not is_muted()


def test_a_token_signed_for_something_else_is_none(link: str, acme: Tenant) -> None:
    other = signing.dumps([acme.pk.hex, Subscription.objects.get().pk.hex], salt="sessions")
    with nobody():
        assert Client().post(f"/mute/{other}/").status_code == 404


def test_an_old_link_is_told_so(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsite.alerts.mute.VALID_DAYS", -1)
    with nobody():
        page = Client().get(link)
    assert (page.status_code, "too old" in page.text) == (404, True)


def test_a_subscription_that_is_gone_is_told_so(link: str) -> None:
    Subscription.objects.all().delete()
    with nobody():
        assert "gone already" in Client().get(link).text


def test_it_works_for_who_is_signed_in_elsewhere(link: str, boss: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        other = make_subscription()
        foreign = urlsplit(mute_url([other.pk])).path
    with nobody():
        assert boss.post(foreign).status_code == 200
    assert not is_muted()
    with tenant(globex.pk):
        assert is_muted()


def test_a_token_of_one_tenant_opens_no_row_of_another(link: str, globex: Tenant) -> None:
    stolen = Subscription.objects.get().pk
    with tenant(globex.pk):
        forged = urlsplit(mute_url([stolen])).path
    with nobody():
        assert Client().post(forged).status_code == 404
    assert not is_muted()
