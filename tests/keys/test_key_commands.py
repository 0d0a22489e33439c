"""`issuekey`, `listkeys`, `rotatekey` and `revokekey`."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from evalsite.audit.models import Entry
from evalsite.keys.models import ApiKey
from evalsite.keys.verify import KeyRefused, verify
from tests.keys.issued import issued

pytestmark = pytest.mark.usefixtures("as_acme")
ISSUE = ("issuekey", "nightly CI", "--role=engineer", "-s", "cases:read", "-s", "batches:write")


def run(*arguments: str) -> tuple[str, str]:
    """What a command says on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue().strip(), err.getvalue()


def test_the_key_is_printed_once_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        token, told = run(*ISSUE)
        assert verify(token).scopes == {"cases:read", "batches:write"}
    secret = token[16:48]
    kept = [told, caplog.text, run("listkeys")[0], run("listkeys", "--json")[0]]
    kept += [str(list(Entry.objects.values())), str(list(ApiKey.objects.values()))]
    assert not [text for text in kept if secret in text]
    assert ApiKey.objects.get().created_by == "issuekey"


def test_keys_are_listed() -> None:
    key = issued().key
    run("revokekey", key.public_id)
    (line,) = run("listkeys", "--json")[0].splitlines()
    facts: dict[str, Any] = json.loads(line)
    assert (facts["public_id"], facts["state"], facts["scopes"]) == (
        *(key.public_id, "revoked"),
        ["cases:read"],
    )
    assert "digest" not in facts
    assert key.public_id in run("listkeys")[0]


def test_a_key_is_rotated() -> None:
    key, old = issued()
    new, told = run("rotatekey", key.public_id, "--overlap-hours=0")
    assert key.public_id in told
    assert verify(new).name == "ci"
    with pytest.raises(KeyRefused):
        verify(old.get_secret_value())


def test_each_command_writes_one_entry() -> None:
    run(*ISSUE)
    key = ApiKey.objects.get()
    run("rotatekey", key.public_id)
    run("revokekey", key.public_id)
    entries = Entry.objects.order_by("recorded_at", "pk").values_list("action", "actor")
    verbs = [("key.issued", "issuekey"), ("key.rotated", "rotatekey")]
    assert list(entries) == [*verbs, ("key.revoked", "revokekey")]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("revokekey", "nothing"), "key_unknown"),
        (("rotatekey", "nothing"), "key_unknown"),
        (("issuekey", "x", "--role=viewer", "--scope=cases"), "scope_unknown"),
        (("issuekey", "x", "--role=viewer", "--scope=cases:read", "--days=400"), "key_invalid"),
    ],
)
def test_what_cannot_be_done_is_told(arguments: tuple[str, ...], code: str) -> None:
    with pytest.raises(CommandError, match=code) as caught:
        run(*arguments)
    assert caught.value.returncode == 2
