"""What programs are told."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from evalsite.alerts.conditions import Change
from evalsite.alerts.news import of_change
from evalsite.alerts.payload import escape, slack
from evalsite.alerts.sign import WebhookSecretInvalid, key_of, new_secret, signed_headers
from tests.alerts.told import make_fall
from tests.factories import make_condition


def test_the_signature_is_the_specifications_own_example() -> None:
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=1614265330,
        secret=SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_is_another_and_its_own_key() -> None:
    assert new_secret() != new_secret()
    assert len(key_of(new_secret())) == 32


@pytest.mark.parametrize("text", ["", "whsec_c2hvcnQ=", "whsec_%%%", "A" * 44])
def test_what_is_no_secret_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(WebhookSecretInvalid) as caught:
        key_of(SecretStr(text))
    assert not text or text not in str(caught.value)


@pytest.mark.usefixtures("as_acme")
def test_nobody_is_mentioned_by_what_a_model_wrote() -> None:
    fall = make_fall(reason="<!channel> & <https://evil.example|click>", category="<@U1>")
    message = str(slack(of_change(Change(make_condition(is_bad=True), fall)), subject="<!here>"))
    assert "<!" not in message.replace("'text': '<!here>'", "")
    assert "&lt;!channel&gt; &amp; &lt;https" in message
    assert "<https://evil" not in message
    assert "<@" not in message


def test_the_escape_is_slacks() -> None:
    assert escape("<a> & b") == "&lt;a&gt; &amp; b"
