"""Both sides of a change, and no secret on either."""

from __future__ import annotations

from typing import Any

import pytest

from evalsite.audit.changes import HIDDEN, bounded, change, is_secret, mask

SECRET = (
    *("secret", "client_secret", "sealed_secret", "token", "accessToken", "refresh_token"),
    *("password", "PASSWORD", "new_password1", "passwd", "passphrase", "Authorization"),
    *("x-api-key", "apiKey", "api_key", "APIKey", "private_key", "signing_key", "secret_key"),
    *("credentials", "cookie", "set-cookie", "digest", "key_digest", "key_hash", "pepper"),
)
SHOWN = (
    *("cluster_key", "key", "tokens_in", "max_tokens", "tokens_per_minute", "name", "secretary"),
    *("keyboard", "content_hash", "public_id", "author", "monkey", "description"),
)


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_hidden_by_its_name(name: str) -> None:
    assert mask({name: "planted"}) == {name: HIDDEN}


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_no_secret_is_shown(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize("value", ["planted", ["planted"], {"a": "planted"}, 12345678, b"planted"])
def test_a_secret_is_hidden_whatever_it_is(value: Any) -> None:
    assert mask({"deep": [{"token": value}]}) == {"deep": [{"token": HIDDEN}]}


@pytest.mark.parametrize("value", ["", None, True, False])
def test_that_there_is_a_secret_is_none(value: Any) -> None:
    assert mask({"secret": value}) == {"secret": value}


def test_only_what_differs_is_told() -> None:
    was, now = {"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 4, "new": 5}
    assert change(was, now) == {"before": {"b": 2, "gone": 3}, "after": {"b": 4, "new": 5}}


def test_a_changed_secret_is_named_and_hidden() -> None:
    done = change({"token": "one"}, {"token": "two"})
    assert done == {"before": {"token": HIDDEN}, "after": {"token": HIDDEN}}


def test_a_long_text_is_cut() -> None:
    assert mask("x" * 1000) == "x" * 500 + "... (1,000 characters)"


def test_a_side_is_bounded() -> None:
    side = {"state": "open", "metadata": {"a": ["b"] * 20_000}}
    assert bounded(side) == {"state": "open", "metadata": "... (100,007 characters)"}
    assert bounded({"tags": ["b"] * 100}) == {"tags": ["b"] * 100}
