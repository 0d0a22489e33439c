from __future__ import annotations

import pytest
from django.test import Client

from evalsite.alerts.models import Subscription, Webhook
from evalsite.alerts.mute import mute_url
from evalsite.alerts.notice import batch_closed
from evalsite.audit.models import Entry
from evalsite.tenants.models import Tenant
from evalsite.tenants.scope import tenant
from tests.alerts.told import make_fall
from tests.factories import make_alert, make_subscription, make_suite, make_summary

pytestmark = pytest.mark.filterwarnings("ignore:No directory at")

LISTS = ("summaries/summary", "regressions/regression", "alerts/alert", "alerts/subscription")


@pytest.mark.parametrize("page", LISTS)
def test_a_list_shows_and_searches(boss: Client, page: str) -> None:
    make_summary()
    make_subscription()
    fall = make_fall()
    batch_closed(fall.batch, fall)
    assert "1 " in boss.get(f"/admin/{page}/").text
    assert boss.get(f"/admin/{page}/", {"q": "assistant"}).status_code == 200


@pytest.mark.parametrize("page", LISTS)
def test_an_id_can_be_searched_for(boss: Client, page: str) -> None:
    regression = make_fall()
    response = boss.get(f"/admin/{page}/", {"q": str(regression.batch_id)})
    assert response.status_code == 200


def test_an_alert_is_only_looked_at(boss: Client) -> None:
    alert = make_alert(text="what was told")
    page = boss.get(f"/admin/alerts/alert/{alert.pk}/change/")
    assert "what was told" in page.text
    assert boss.post(f"/admin/alerts/alert/{alert.pk}/change/", {}).status_code == 403
    assert boss.get("/admin/alerts/alert/add/").status_code == 403


def test_a_link_to_mute_is_for_its_recipient_only(boss: Client) -> None:
    alert = make_alert()
    alert.text = f"the proof\nMute it: {mute_url([alert.subscription_id])}\nthe end"
    alert.html = f'<a href="{mute_url([alert.subscription_id])}">mute</a>'
    alert.save()
    page = boss.get(f"/admin/alerts/alert/{alert.pk}/change/").text
    assert "the proof" in page
    assert "/mute/.../" in page
    assert mute_url([alert.subscription_id]).split("/mute/")[1][:20] not in page


def test_an_administrator_subscribes_somebody(boss: Client) -> None:
    suite = make_suite()
    form = {"email": "ann@example.org", "kinds": ["regression"], "delivery": "now"}
    form["suite"] = str(suite.pk)
    assert boss.post("/admin/alerts/subscription/add/", form).status_code == 302
    assert Subscription.objects.get().suite_id == suite.pk
    assert Entry.objects.get(action="subscription.added")


def test_the_same_subscription_twice_is_an_error_on_the_page(boss: Client) -> None:
    make_subscription(email="ann@example.org")
    form = {"email": "ann@example.org", "kinds": ["regression"], "delivery": "now", "suite": ""}
    response = boss.post("/admin/alerts/subscription/add/", form)
    assert response.status_code == 200
    assert "already exists" in response.text


def test_another_tenant_s_rows_are_not_found(boss: Client, globex: Tenant) -> None:
    with tenant(globex.pk):
        alert = make_alert(subject="secret of globex")
    assert "secret of globex" not in boss.get("/admin/alerts/alert/").text
    assert boss.get(f"/admin/alerts/alert/{alert.pk}/change/").status_code == 302


def test_a_webhooks_secret_is_shown_once(boss: Client) -> None:
    form = {"name": "ci", "kind": "standard", "url": "https://ci.example.org/in", "is_active": "on"}
    page = boss.post("/admin/alerts/webhook/add/", form, follow=True)
    assert "shown this once: whsec_" in page.text
    hook = Webhook.objects.get()
    for address in ("", f"{hook.pk}/change/"):
        assert "whsec_" not in boss.get(f"/admin/alerts/webhook/{address}").text
    entry = Entry.objects.get(action="webhook.added")
    assert entry.details["secret_set"] is True
    assert "whsec_" not in str(list(Entry.objects.values()))


def test_a_slack_url_is_not_shown_again(boss: Client) -> None:
    url = "https://hooks.example.org/T0/s3cret"
    boss.post("/admin/alerts/webhook/add/", {"name": "ops", "kind": "slack", "url": url})
    hook = Webhook.objects.get()
    assert hook.base_url == "https://hooks.example.org"
    page = boss.get(f"/admin/alerts/webhook/{hook.pk}/change/").text
    assert "s3cret" not in page


def test_a_private_url_is_refused_on_the_page(boss: Client) -> None:
    form = {"name": "ci", "kind": "standard", "url": "http://127.0.0.1/in"}
    assert "may not be called" in boss.post("/admin/alerts/webhook/add/", form).text
    assert not Webhook.objects.exists()


def test_an_administrator_sends_again(boss: Client) -> None:
    alert = make_alert(state="failed", attempts=5)
    form = {"action": "send_again", "_selected_action": [str(alert.pk)], "confirmed": "1"}
    assert "1 will be sent again" in boss.post("/admin/alerts/alert/", form, follow=True).text
    alert.refresh_from_db()
    assert (alert.state, alert.attempts) == ("pending", 0)


def test_a_bulk_action_asks_first(boss: Client) -> None:
    alert = make_alert(state="failed", subject="It fell")
    form = {"action": "send_again", "_selected_action": [str(alert.pk)]}
    page = boss.post("/admin/alerts/alert/", form).text
    assert "1 chosen" in page
    assert "It fell" in page
    alert.refresh_from_db()
    assert alert.state == "failed"
