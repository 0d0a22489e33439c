"""`subscribe`, `setwebhook`, `replayalerts` and `testalert`."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from pydantic import SecretStr

from evalsite.alerts.models import Alert, Subscription, Webhook
from evalsite.alerts.sign import key_of, new_secret
from evalsite.audit.models import Entry
from evalsite.endpoints.seal import open_secret
from tests.factories import make_alert, make_subscription, make_suite, make_webhook

pytestmark = pytest.mark.usefixtures("as_acme")
URL = "--url=https://ci.example.org/in"


def run(*arguments: str, **options: Any) -> tuple[str, str]:
    """What a command says on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_somebody_is_subscribed_to_all() -> None:
    assert "is told of regression, recovery" in run("subscribe", "ann@example.org")[1]
    wish = Subscription.objects.get()
    assert (wish.email, wish.suite, wish.delivery, len(wish.kinds)) == (
        *("ann@example.org", None, "now"),
        5,
    )


def test_what_somebody_wants_is_changed() -> None:
    suite = make_suite()
    for arguments in (["--kind=regression"], ["--digest=daily"], ["--mute"]):
        run("subscribe", "ann@example.org", f"--suite={suite.name}", *arguments)
    wish = Subscription.objects.get()
    assert (wish.kinds, wish.delivery, wish.is_muted) == (["regression"], "daily", True)
    verbs = Entry.objects.order_by("recorded_at").values_list("action", flat=True)
    assert list(verbs) == ["subscription.added", *["subscription.changed"] * 2]


def test_somebody_is_let_go_with_what_was_owed() -> None:
    make_alert(subscription=make_subscription(email="ann@example.org"))
    assert "is not told any more" in run("subscribe", "ann@example.org", "--remove")[1]
    assert not Subscription.objects.exists()
    assert not Alert.objects.exists()


def test_a_webhooks_secret_is_printed_once_and_nowhere_else() -> None:
    out, err = run("setwebhook", "ci", URL)
    secret = out.strip()
    assert key_of(SecretStr(secret))
    assert secret not in err
    assert open_secret(Webhook.objects.get()) == secret
    assert secret not in str(list(Entry.objects.values()))
    assert run("setwebhook", "ci", "--off")[0] == ""
    assert not Webhook.objects.get().is_active


def test_a_webhook_gets_another_secret_when_it_moves_or_is_told_to() -> None:
    first = run("setwebhook", "ci", URL)[0]
    assert run("setwebhook", "ci", "--url=https://ci.example.org/other")[0] == ""
    moved = run("setwebhook", "ci", "--url=https://hooks.example.org/in")[0]
    renewed = run("setwebhook", "ci", "--new-secret")[0]
    assert len({first, moved, renewed, ""}) == 4


def test_a_secret_of_ones_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", new_secret().get_secret_value())
    assert run("setwebhook", "ci", URL, "--secret-from=env:HOOK")[0] == ""
    assert key_of(SecretStr(open_secret(Webhook.objects.get()) or ""))


def test_a_test_message_is_sent() -> None:
    make_subscription(email="ann@example.org")
    assert "has taken it" in run("testalert", "ann@example.org")[1]
    assert mail.outbox[0].subject == "A test of evalsite's alerts: it works"


def test_what_failed_is_replayed_and_what_was_sent_only_by_name() -> None:
    failed, sent = make_alert(state="failed"), make_alert(state="sent")
    assert "1 to be sent again, 1 sent" in run("replayalerts")[1]
    assert run("replayalerts", str(sent.pk))[1].startswith("1 to be")
    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert ids == [f"<{alert.pk}@evalsite>" for alert in (failed, sent)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["subscribe", "ann@"], "subscription_invalid"),
        (["subscribe", "nobody"], "webhook_unknown"),
        (["subscribe", "ci", "--digest=daily"], "subscription_invalid"),
        (["setwebhook", "new"], "webhook_invalid"),
        (["setwebhook", "a b", URL], "webhook_invalid"),
        (["setwebhook", "new", "--url=http://10.0.0.1/in"], "endpoint_blocked"),
        (
            ["setwebhook", "new", "--url=https://a.example.org/?t=s3cret"],
            "endpoint_url_invalid",
        ),
        (["setwebhook", "new", URL, "--secret-from=env:NOT_SET"], "secret_missing"),
        (["replayalerts", "x"], "alert_unknown"),
        (["testalert", "ann@example.org"], "subscription_invalid"),
    ],
)
def test_what_is_wrong_is_told(arguments: list[str], code: str) -> None:
    make_webhook(name="ci")
    with pytest.raises(CommandError, match=code) as caught:
        run(*arguments)
    assert caught.value.returncode == 2
    assert "s3cret" not in str(caught.value)
