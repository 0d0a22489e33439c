"""Webhooks against a real receiver: signed, tried again, kept away from where they must not go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pydantic import SecretStr

from evalsite.alerts.deliver import MAX_POSTS, deliver_due
from evalsite.alerts.models import Alert, Webhook
from evalsite.alerts.replay import replay
from evalsite.alerts.set_webhook import set_webhook
from evalsite.audit.models import Entry
from tests.alerts.receivers import Call, Hook, webhook
from tests.alerts.told import Story
from tests.factories import make_alert, make_subscription

pytestmark = pytest.mark.usefixtures("as_acme")


@pytest.fixture
def hook(knobs: Callable[..., None]) -> Iterator[Hook]:
    """A receiver that the operator allows."""
    with webhook() as running:
        knobs(outbound_allow=json.dumps([f"127.0.0.1:{running.port}"]))
        yield running


def owed(url: str, *, body: str = '{"a": 1}', **fields: Any) -> tuple[Alert, SecretStr]:
    """An alert that a webhook at the URL is owed, and the webhook's secret."""
    place = Webhook(name="ci")
    secret = set_webhook(place, url=SecretStr(url))
    assert secret is not None
    wish = make_subscription(webhook=place)
    given = {"channel": "standard", "recipient": "ci", "text": body, "html": "", **fields}
    return make_alert(subscription=wish, **given), secret


def again(alert: Alert) -> Alert:
    alert.refresh_from_db()
    return alert


def let_it_be_due(alert: Alert) -> None:
    Alert.objects.filter(pk=alert.pk).update(due_at=timezone.now() - timedelta(seconds=1))


def is_signed(call: Call, secret: SecretStr) -> bool:
    """Check the signature as the specification says, by nothing of evalsite's."""
    key = base64.b64decode(secret.get_secret_value().split("_")[1])
    content = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    made = base64.b64encode(hmac.new(key, content + call.body, hashlib.sha256).digest()).decode()
    return f"v1,{made}" in call.headers["webhook-signature"].split(" ")


def test_it_is_posted_once_and_signed(hook: Hook) -> None:
    alert, secret = owed(hook.url)
    assert [deliver_due(), deliver_due()] == [1, 0]
    (call,) = hook.calls
    assert (call.path, call.body) == ("/in", b'{"a": 1}')
    assert call.headers["webhook-id"] == str(alert.pk)
    assert is_signed(call, secret)
    assert not is_signed(call._replace(body=b'{"a": 2}'), secret)


def test_a_regression_is_told_in_an_envelope(hook: Hook) -> None:
    place = Webhook(name="ci")
    set_webhook(place, url=SecretStr(hook.url))
    make_subscription(webhook=place)
    story = Story()
    story.close(fallen=0)
    story.close(fallen=12)
    deliver_due()
    told = json.loads(hook.calls[0].body)
    assert (told["type"], told["version"]) == ("regression.found", 1)
    assert (told["data"]["suite"], told["data"]["effect"]) == ("assistant", pytest.approx(-0.3))


def test_what_failed_is_tried_again_under_the_same_id(hook: Hook) -> None:
    alert, secret = owed(hook.url)
    hook.answers = [(503, {})]
    assert deliver_due() == 0
    assert (again(alert).state, alert.due_at > timezone.now()) == ("pending", True)
    let_it_be_due(alert)
    assert deliver_due() == 1
    assert len({call.headers["webhook-id"] for call in hook.calls}) == 1
    assert all(is_signed(call, secret) for call in hook.calls)
    assert Webhook.objects.get().failing_since is None


def test_it_waits_as_long_as_it_is_asked_to(hook: Hook) -> None:
    alert, _ = owed(hook.url)
    hook.answers = [(429, {"Retry-After": "900"})]
    deliver_due()
    assert again(alert).due_at > timezone.now() + timedelta(seconds=800)


def test_the_wait_grows(hook: Hook) -> None:
    alert, _ = owed(hook.url, attempts=3)
    hook.answers = [(500, {})]
    deliver_due()
    assert again(alert).due_at > timezone.now() + timedelta(seconds=900)


def test_the_last_try_is_final_and_can_be_replayed(hook: Hook) -> None:
    alert, _ = owed(hook.url, attempts=MAX_POSTS - 1)
    hook.answers = [(500, {})]
    deliver_due()
    assert again(alert).state == "failed"
    assert replay(Alert.objects.all()) == 1
    assert deliver_due() == 1
    first, second = hook.calls
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_no_redirect_is_followed(hook: Hook) -> None:
    alert, _ = owed(hook.url)
    hook.answers = [(307, {"Location": f"http://127.0.0.1:{hook.port}/elsewhere"})]
    assert deliver_due() == 0
    assert "endpoint_redirected" in again(alert).error
    assert len(hook.calls) == 1


def test_a_private_address_is_not_called(hook: Hook, knobs: Callable[..., None]) -> None:
    alert, _ = owed(hook.url)
    knobs(outbound_allow="[]")
    assert deliver_due() == 0
    assert "endpoint_blocked" in again(alert).error
    assert hook.calls == []


def test_silence_is_a_failure(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsite.alerts.post.TIMEOUT_SECONDS", 0.000_1)
    alert, _ = owed(hook.url)
    assert deliver_due() == 0
    assert "no answer" in again(alert).error


def test_a_webhook_that_is_gone_is_switched_off(hook: Hook) -> None:
    alert, _ = owed(hook.url)
    hook.answers = [(410, {})]
    deliver_due()
    assert again(alert).state == "failed"
    assert not Webhook.objects.get().is_active
    assert Entry.objects.get(action="webhook.switched_off").details == {"gone": True}


def test_one_that_fails_for_days_is_switched_off(hook: Hook) -> None:
    owed(hook.url)
    Webhook.objects.update(failing_since=timezone.now() - timedelta(days=4))
    hook.answers = [(500, {})]
    deliver_due()
    assert not Webhook.objects.get().is_active


def test_what_is_owed_to_one_that_is_off_is_not_sent(hook: Hook) -> None:
    alert, _ = owed(hook.url)
    Webhook.objects.update(is_active=False)
    deliver_due()
    assert (again(alert).state, hook.calls) == ("failed", [])


def test_a_broken_webhook_stops_no_mail(hook: Hook) -> None:
    owed(hook.url)
    make_alert()
    hook.answers = [(500, {})]
    assert deliver_due() == 1
    assert len(mail.outbox) == 1


def test_a_slack_webhook_keeps_its_path_secret(hook: Hook) -> None:
    place = Webhook(name="ops", kind="slack")
    assert set_webhook(place, url=SecretStr(f"http://127.0.0.1:{hook.port}/T0/s3cret")) is None
    make_subscription(webhook=place)
    story = Story()
    story.close(fallen=0)
    story.close(fallen=12)
    deliver_due()
    (call,) = hook.calls
    assert call.path == "/T0/s3cret"
    assert "Regression in suite assistant" in json.loads(call.body)["text"]
    rows = [Webhook.objects.values(), Entry.objects.values(), Alert.objects.values()]
    assert "s3cret" not in str([list(row) for row in rows])
