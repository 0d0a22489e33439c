from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from evalsite.alerts.models import Alert, AlertKind, Subscription, Webhook
from evalsite.alerts.notice import batch_closed
from evalsite.alerts.own import own_subscriptions, subscribe_self
from evalsite.audit.models import Entry
from evalsite.people.remove_member import remove_member
from evalsite.tenants.enrol import admit
from evalsite.tenants.models import Membership, Role, Tenant
from evalsite.tenants.scope import tenant
from tests.alerts.told import make_fall
from tests.factories import make_subscription, make_suite, make_target, make_webhook
from tests.tenant_rows import make_user

ADD = "/subscriptions/add/"
WISH = {"kinds": ["regression"], "delivery": "now"}
MINE = "ann@example.org"


def person(of: Tenant, role: Role = Role.VIEWER, *, email: str = MINE) -> Client:
    user, client = make_user(email=email), Client()
    with tenant(of.pk):
        admit(user, role=role)
    client.force_login(user)
    return client


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_a_viewer_subscribes_themself(as_acme: Tenant) -> None:
    suite, target = make_suite(), make_target()
    form = {**WISH, "suite": suite.name, "target": target.name, "next": "/suites/"}
    assert person(as_acme).post(ADD, form).headers["Location"] == "/suites/"
    made = Subscription.objects.get()
    assert (made.email, made.suite, made.target, made.kinds) == (
        MINE,
        suite,
        target,
        ["regression"],
    )
    assert made.member is not None
    assert Entry.objects.filter(action="subscription.added").exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CURATOR, Role.ENGINEER])
@pytest.mark.parametrize("place", ["boss@example.org", "ci"])
def test_nobody_but_an_admin_subscribes_another(place: str, role: Role, as_acme: Tenant) -> None:
    make_webhook(name="ci")
    answer = person(as_acme, role).post(ADD, {**WISH, "place": place})
    assert answer.status_code == 403
    assert "subscription_not_yours" in answer.content.decode()
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("email", ["", "plain-name"])
def test_who_has_no_address_owns_nothing(email: str, as_acme: Tenant) -> None:
    others = make_subscription(webhook=make_webhook())
    client = person(as_acme, email=email)
    assert client.post(ADD, WISH).status_code == 422
    assert client.post(f"/subscriptions/{others.pk}/", {"do": "end"}).status_code == 403
    assert "has no e-mail address" in client.get("/subscriptions/").content.decode()
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize("do", ["mute", "unmute", "end", "save", ""])
def test_nobody_touches_what_tells_another(do: str, as_acme: Tenant) -> None:
    wish = make_subscription(email="boss@example.org")
    answer = person(as_acme, Role.ENGINEER).post(f"/subscriptions/{wish.pk}/", {**WISH, "do": do})
    assert answer.status_code == 403
    wish.refresh_from_db()
    assert (wish.is_muted, set(wish.kinds)) == (False, set(AlertKind.values))


def test_one_mutes_unmutes_changes_and_ends_one_s_own(as_acme: Tenant) -> None:
    wish, client = make_subscription(email=MINE.upper()), person(as_acme)
    place = f"/subscriptions/{wish.pk}/"
    seen = []
    for form in ({"do": "mute"}, {"do": "unmute"}, {"do": "save", **WISH, "delivery": "daily"}):
        client.post(place, form)
        wish.refresh_from_db()
        seen.append((wish.is_muted, wish.delivery))
    assert seen == [(True, "now"), (False, "now"), (False, "daily")]
    client.post(place, {"do": "end"})
    assert not Subscription.objects.exists()


def test_a_subscription_to_nothing_is_refused(as_acme: Tenant) -> None:
    answer = person(as_acme).post(ADD, {"delivery": "now"})
    assert answer.status_code == 422
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "place", ["//evil.example.org/", "https://evil.example.org/", "javascript:1"]
)
def test_a_form_leads_to_no_other_site(place: str, as_acme: Tenant) -> None:
    answer = person(as_acme).post(ADD, {**WISH, "next": place})
    assert answer.headers["Location"] == "/subscriptions/"


def test_a_viewer_sees_their_own_only(as_acme: Tenant) -> None:
    make_subscription(email="boss@example.org")
    make_subscription(email=MINE, suite=make_suite(name="sums"))
    html = person(as_acme).get("/subscriptions/").content.decode()
    assert "sums" in html
    assert "boss@example.org" not in html
    assert "Webhooks" not in html


def test_an_admin_sees_all_and_subscribes_anybody(as_acme: Tenant) -> None:
    make_webhook(name="ci")
    admin = person(as_acme, Role.ADMIN)
    for place in ("boss@example.org", "ci"):
        admin.post(ADD, {**WISH, "place": place})
    html = admin.get("/subscriptions/").content.decode()
    assert "boss@example.org" in html
    assert "https://hooks.example.org" in html
    assert Subscription.objects.count() == 2


def test_an_admin_tests_switches_and_removes_a_webhook(as_acme: Tenant) -> None:
    hook, admin = make_webhook(), person(as_acme, Role.ADMIN)
    place = f"/webhooks/{hook.pk}/"
    assert "Subscribe" in admin.post(f"{place}test/", follow=True).content.decode()
    wish = make_subscription(webhook=hook)
    assert "A test is on its way" in admin.post(f"{place}test/", follow=True).content.decode()
    assert Alert.objects.get().subscription == wish
    admin.post(f"{place}switch/", {"off": "1"})
    assert not Webhook.objects.get().is_active
    assert "webhook_in_use" in admin.post(f"{place}remove/").content.decode()
    admin.post(f"/subscriptions/{wish.pk}/", {"do": "end"})
    admin.post(f"{place}remove/")
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("what", ["test", "switch", "remove"])
def test_an_engineer_touches_no_webhook(what: str, as_acme: Tenant) -> None:
    hook = make_webhook()
    client = person(as_acme, Role.ENGINEER)
    assert client.post(f"/webhooks/{hook.pk}/{what}/").status_code == 403


def test_another_tenant_finds_nothing(as_acme: Tenant, globex: Tenant) -> None:
    wish, hook = make_subscription(email="bob@example.org"), make_webhook()
    carol = person(globex, Role.OWNER)
    assert "bob@example.org" not in carol.get("/subscriptions/").content.decode()
    for place in (f"subscriptions/{wish.pk}/", f"subscriptions/{wish.pk}/test/"):
        assert carol.post(f"/{place}", {"do": "end"}).status_code == 404
    assert carol.post(f"/webhooks/{hook.pk}/remove/").status_code == 404


def test_what_one_subscribed_ends_with_the_membership(as_acme: Tenant) -> None:
    user = make_user(email=MINE)
    member = admit(user, role=Role.VIEWER)
    subscribe_self(user, wishes={})
    remove_member(Membership.objects.get(pk=member.pk), actor="system")
    assert not own_subscriptions(user).exists()


@pytest.mark.parametrize("is_active", [True, False])
def test_who_is_switched_off_is_told_nothing(is_active: bool, as_acme: Tenant) -> None:
    user = make_user(email=MINE, is_active=is_active)
    admit(user, role=Role.VIEWER)
    subscribe_self(user, wishes={})
    fall = make_fall()
    assert bool(batch_closed(fall.batch, fall)) == is_active


def test_the_nearest_subscription_says(as_acme: Tenant) -> None:
    fall = make_fall()
    make_subscription(email=MINE, is_muted=True)
    near = make_subscription(email=MINE, target=fall.batch.run.target)
    make_subscription(email=MINE, target=make_target())
    (alert,) = batch_closed(fall.batch, fall)
    assert (alert.subscription, alert.suite) == (near, fall.batch.suite)


def test_the_page_asks_as_much_for_one_as_for_many(as_acme: Tenant) -> None:
    admin = person(as_acme, Role.ADMIN)

    def more() -> None:
        make_subscription(suite=make_suite(), target=make_target())
        make_subscription(email=MINE, suite=make_suite())
        make_subscription(webhook=make_webhook())

    more()
    before = queries(admin, "/subscriptions/")
    for _ in range(4):
        more()
    assert queries(admin, "/subscriptions/") == before


def test_the_small_form_subscribes_to_its_suite(as_acme: Tenant, rf: RequestFactory) -> None:
    suite = make_suite()
    request = rf.get("/suites/x/?q=1")
    html = render_to_string("web/_subscribe.html", {"subject": suite}, request=_looked(request))
    assert 'name="next" value="/suites/x/?q=1"' in html
    person(as_acme).post(ADD, {"suite": suite.name, "every_kind": "on", "delivery": "hourly"})
    made = Subscription.objects.get()
    assert (made.suite, len(made.kinds), made.delivery) == (suite, len(AlertKind), "hourly")


def _looked(request: Any) -> Any:
    request.user = make_user()
    return request
