"""Alerts, subscriptions and webhooks over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from evalsite.alerts.models import Alert, AlertState, Subscription, Webhook
from evalsite.audit.models import Entry
from evalsite.endpoints.seal import open_secret
from evalsite.tenants.models import Role, Tenant
from evalsite.tenants.scope import tenant
from tests.api.conftest import asker, get, patch, post, refusal
from tests.factories import make_alert, make_subscription, make_suite, make_webhook

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
HOOK = {"name": "ci", "url": "https://ci.example.org/in/t0psecret", "secret": SECRET}
ANN = {"email": "ann@example.org", "kinds": ["regression"], "delivery": "daily"}


@pytest.fixture
def hook(acme: Tenant) -> Webhook:
    """A webhook of Acme."""
    with tenant(acme.pk):
        return make_webhook()


def unset(client: Client, address: str) -> int:
    """Send DELETE; answers the status."""
    return client.delete(f"/api/v1/{address}").status_code


def test_a_webhook_is_added_and_its_secret_never_told(api: Client, acme: Tenant) -> None:
    made = post(api, "webhooks", HOOK)
    told = api.get(made.headers["Location"])
    assert (made.status_code, told.json()["origin"]) == (201, "https://ci.example.org")
    assert told.json()["has_secret"] is True
    with tenant(acme.pk):
        assert open_secret(Webhook.objects.get()) == SECRET
        trail = str(list(Entry.objects.values()))
    for text in (made.content.decode(), told.content.decode(), trail):
        assert "AAECAwQF" not in text
        assert "t0psecret" not in text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "https://127.0.0.1/"}, "endpoint_blocked"),
        ({"url": "ftp://ci.example.org/"}, "endpoint_url_invalid"),
        ({"secret": "short"}, "webhook_secret_invalid"),
        ({"secret": None}, "invalid"),
        ({"kind": "slack"}, "webhook_invalid"),
        ({"name": "two words"}, "invalid"),
        ({"failing_since": None}, "invalid"),
    ],
)
def test_a_bad_webhook_is_refused(api: Client, change: dict[str, Any], code: str) -> None:
    assert refusal(post(api, "webhooks", {**HOOK, **change})) == code


def test_a_webhooks_name_is_its_own(api: Client) -> None:
    post(api, "webhooks", HOOK)
    assert refusal(post(api, "webhooks", HOOK), conflict=True) == "webhook_exists"


def test_a_standard_webhook_brings_its_secret(api: Client) -> None:
    bare = {"name": "ci", "url": "https://ci.example.org/"}
    assert post(api, "webhooks", bare).json()["code"] == "webhook_invalid"
    slack = {**bare, "kind": "slack", "url": "https://hooks.example.org/services/T/B/x"}
    assert post(api, "webhooks", slack).json()["origin"] == "https://hooks.example.org"


def test_a_webhook_that_moves_needs_a_new_secret(api: Client) -> None:
    address = f"webhooks/{post(api, 'webhooks', HOOK).json()['id']}"
    moved = {"url": "https://other.example.org/"}
    assert patch(api, address, moved).json()["code"] == "webhook_invalid"
    assert patch(api, address, {**moved, "secret": SECRET}).json()["origin"] == moved["url"][:-1]
    assert patch(api, address, {"is_active": False}).json()["is_active"] is False


def test_a_webhook_goes_once_nobody_needs_it(api: Client, hook: Webhook, acme: Tenant) -> None:
    with tenant(acme.pk):
        wish = make_subscription(email="", webhook=hook)
    assert unset(api, f"webhooks/{hook.pk}") == 409
    assert unset(api, f"subscriptions/{wish.pk}") == 204
    assert unset(api, f"webhooks/{hook.pk}") == 204
    assert get(api, f"webhooks/{hook.pk}").status_code == 404


def test_somebody_subscribes_and_changes_their_mind(api: Client, acme: Tenant) -> None:
    made = post(api, "subscriptions", ANN)
    again = post(api, "subscriptions", {**ANN, "delivery": "hourly"})
    assert (made.status_code, again.status_code) == (201, 200)
    address = f"subscriptions/{made.json()['id']}"
    assert get(api, address).json()["delivery"] == "hourly"
    assert patch(api, address, {"is_muted": True}).json()["is_muted"] is True
    assert get(api, "subscriptions", email="ann@example.org").json()["results"]
    assert unset(api, address) == 204


def test_a_webhook_subscribes_to_a_suite(api: Client, hook: Webhook, acme: Tenant) -> None:
    with tenant(acme.pk):
        suite = make_suite()
    wish = post(api, "subscriptions", {"webhook": str(hook.pk), "suite": str(suite.pk)}).json()
    assert (wish["webhook"], wish["suite"], wish["email"]) == (str(hook.pk), str(suite.pk), "")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "subscription_invalid"),
        ({"email": "nobody"}, "invalid"),
        ({**ANN, "kinds": []}, "invalid"),
        ({**ANN, "kinds": ["weather"]}, "invalid"),
        ({**ANN, "webhook": "{hook}"}, "subscription_invalid"),
        ({"webhook": "{hook}", "delivery": "daily"}, "subscription_invalid"),
        ({**ANN, "tenant": "x"}, "invalid"),
    ],
)
def test_a_bad_subscription_is_refused(
    api: Client, hook: Webhook, body: dict[str, Any], code: str
) -> None:
    body = {n: v.format(hook=hook.pk) if isinstance(v, str) else v for n, v in body.items()}
    assert refusal(post(api, "subscriptions", body)) == code


def test_a_subscription_is_tried_out(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        wish = make_subscription()
    sent = post(api, f"subscriptions/{wish.pk}/test", {})
    assert (sent.status_code, sent.json()["state"], sent.json()["kind"]) == (202, "pending", "test")
    told = api.get(sent.headers["Location"]).json()
    assert told == sent.json()
    assert "/mute/.../" in told["text"]


def test_alerts_are_listed_without_their_text(api: Client, acme: Tenant) -> None:
    with tenant(acme.pk):
        sent = make_alert(state=AlertState.SENT)
        make_alert()
    (listed,) = get(api, "alerts", state="sent", kind="regression").json()["results"]
    assert (listed["id"], "text" in listed) == (str(sent.pk), False)


def test_alerts_are_sent_again(api: Client, acme: Tenant, globex: Tenant) -> None:
    with tenant(acme.pk):
        alert = make_alert(state=AlertState.FAILED)
    with tenant(globex.pk):
        foreign = make_alert(state=AlertState.FAILED)
    again = post(api, "alerts/replay", {"ids": [str(alert.pk), str(foreign.pk)]})
    assert again.json() == {"replayed": 1}
    with tenant(globex.pk):
        assert Alert.objects.get().state == AlertState.FAILED


@pytest.mark.parametrize("ids", [[], ["x"], None, [str(n) for n in range(501)]])
def test_a_bad_list_of_alerts_is_refused(api: Client, ids: Any) -> None:
    assert post(api, "alerts/replay", {"ids": ids}).status_code == 400


def test_an_engineer_looks_and_changes_nothing(acme: Tenant, hook: Webhook) -> None:
    engineer = asker(acme, role=Role.ENGINEER)
    assert get(engineer, f"webhooks/{hook.pk}").status_code == 200
    written = [post(engineer, *each) for each in (("webhooks", HOOK), ("subscriptions", ANN))]
    written.append(post(engineer, "alerts/replay", {"ids": [str(hook.pk)]}))
    assert {answer.status_code for answer in written} == {403}
    assert unset(engineer, f"webhooks/{hook.pk}") == 403


def test_another_tenant_finds_nothing(stranger: Client, hook: Webhook, acme: Tenant) -> None:
    with tenant(acme.pk):
        wish, alert = make_subscription(), make_alert()
    one = f"subscriptions/{wish.pk}"
    for address in (one, f"webhooks/{hook.pk}", f"alerts/{alert.pk}"):
        assert get(stranger, address).status_code == 404
    assert patch(stranger, one, {"is_muted": True}).status_code == 404
    assert (unset(stranger, one), unset(stranger, f"webhooks/{hook.pk}")) == (404, 404)
    assert post(stranger, f"{one}/test", {}).status_code == 404
    assert post(stranger, "subscriptions", {"webhook": str(hook.pk)}).status_code == 404
    with tenant(acme.pk):
        assert Subscription.objects.filter(pk=wish.pk, is_muted=False).exists()
