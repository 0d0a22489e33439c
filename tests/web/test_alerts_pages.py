from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evalsite.alerts.models import Alert
from evalsite.alerts.mute import mute_url
from evalsite.tenants.models import Role, Tenant
from tests.factories import make_alert, make_condition, make_suite
from tests.web.looking import looker, shown

LIST = "/alerts/"


def test_the_list_says_what_was_told_to_whom(as_acme: Tenant) -> None:
    make_alert(subject="It fell", recipient="ann@example.org", suite=make_suite(name="sums"))
    make_alert(subject="It broke", state="failed", attempts=5, error="no route to host")
    html = shown(as_acme, LIST)
    for told in ("It fell", "ann@example.org", "suite sums", "5 tries", "no route to host"):
        assert told in html
    assert html.index("It broke") < html.index("It fell")


@pytest.mark.parametrize(
    "query",
    [{"suite": "sums"}, {"kind": "recovery"}, {"state": "sent"}, {"to": "ANN@example.org"}],
)
def test_a_filter_stands_in_the_address(query: dict[str, Any], as_acme: Tenant) -> None:
    fields = {"kind": "recovery", "state": "sent", "recipient": "ann@example.org"}
    make_alert(subject="the one", suite=make_suite(name="sums"), **fields)
    make_alert(subject="the other", recipient="bob@example.org")
    html = shown(as_acme, LIST, **query)
    assert "the one" in html
    assert "the other" not in html


def test_filters_that_nothing_fits_say_so(as_acme: Tenant) -> None:
    assert "No message is like that" in shown(as_acme, LIST, state="gone")
    assert "Nobody was told anything yet" in shown(as_acme, LIST)


def test_what_is_bad_now_comes_first(as_acme: Tenant) -> None:
    make_condition(is_bad=True, suite=make_suite(name="sums"))
    make_condition(suite=make_suite(name="fine"))
    html = shown(as_acme, LIST)
    assert "<title>1 bad now" in html
    assert "/suites/sums/" in html
    assert "/suites/fine/" not in html


def test_a_message_is_shown_without_its_key_to_mute(as_acme: Tenant) -> None:
    alert = make_alert()
    link = mute_url([alert.subscription_id])
    Alert.objects.update(text=f"the <b>proof</b>\nMute it: {link}")
    html = shown(as_acme, f"{LIST}{alert.pk}/")
    assert "the &lt;b&gt;proof&lt;/b&gt;" in html
    assert "/mute/.../" in html
    assert link.split("/mute/")[1][:20] not in html


def test_a_digest_and_what_it_gathers_lead_to_each_other(as_acme: Tenant) -> None:
    digest = make_alert(kind="digest")
    part = make_alert(subject="gathered here", digest=digest, state="gathered")
    assert "gathered here" in shown(as_acme, f"{LIST}{digest.pk}/")
    assert str(digest.pk) in shown(as_acme, f"{LIST}{part.pk}/")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
def test_only_an_admin_sends_again(role: Role, as_acme: Tenant) -> None:
    alert = make_alert(state="failed", attempts=5)
    ticked = {"alert": [str(alert.pk), "junk"]}
    assert looker(as_acme, role=role).post(f"{LIST}again/", ticked).status_code == 403
    assert "ticked ones again" not in shown(as_acme, LIST, role=role)
    admin = looker(as_acme, role=Role.ADMIN)
    assert "1 of 1 will be" in admin.post(f"{LIST}again/", ticked, follow=True).content.decode()
    assert Alert.objects.get().state == "pending"


def test_what_is_under_way_is_not_sent_twice(as_acme: Tenant) -> None:
    alert = make_alert(state="sending")
    admin = looker(as_acme, role=Role.ADMIN)
    answer = admin.post(f"{LIST}again/", {"alert": str(alert.pk), "one": "1"}, follow=True)
    assert "Nothing to send again" in answer.content.decode()


def test_another_tenant_finds_nothing(as_acme: Tenant, globex: Tenant) -> None:
    alert = make_alert(subject="secret of acme")
    carol = looker(globex, role=Role.OWNER)
    assert carol.get(f"{LIST}{alert.pk}/").status_code == 404
    assert "secret of acme" not in carol.get(LIST).content.decode()


def test_the_list_asks_as_much_for_one_as_for_many(as_acme: Tenant) -> None:
    def more() -> None:
        make_alert(suite=make_suite())
        make_condition(is_bad=True)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(LIST).status_code == 200
        return len(asked)

    client = looker(as_acme)
    more()
    client.get(LIST)
    before = queries()
    for _ in range(5):
        more()
    assert queries() == before


def test_a_long_list_goes_on(as_acme: Tenant) -> None:
    for n in range(51):
        make_alert(subject=f"number {n:02}")
    first = shown(as_acme, LIST)
    after = first.split("after=")[1].split('"')[0]
    assert "number 00" not in first
    html = looker(as_acme).get(f"{LIST}?after={after}").content.decode()
    assert "number 00" in html
    assert "number 50" not in html
