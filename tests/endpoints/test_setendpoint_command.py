"""`setendpoint` and `resealsecrets`: the secret is in no argument and no output."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command

from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.seal import is_current, open_secret
from evalsite.tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("as_acme")
URL = "--url=https://api.example.org/v1"


def run(*arguments: str) -> str:
    said = io.StringIO()
    call_command("setendpoint", *arguments, stderr=said)
    return said.getvalue()


def test_it_adds_and_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "s3cret\n")
    told = run("main", URL, "--model=m", "--default", "--secret-from=env:KEY")
    assert "with a secret" in told
    assert "s3cret" not in told
    run("main", "--parallel=3")
    made = Endpoint.objects.get()
    assert (made.default_model, made.is_default, made.parallel) == ("m", True, 3)
    assert open_secret(made) == "s3cret"


def test_it_reads_the_secret_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("s3cret\nmore"))
    run("main", URL, "--secret-from=-")
    assert open_secret(Endpoint.objects.get()) == "s3cret"


def test_it_removes_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "s3cret")
    run("main", URL, "--secret-from=env:KEY")
    assert "without a secret" in run("main", "--no-secret")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["main", URL, "--secret-from=env:NOT_SET"], "secret_missing"),
        (["main", URL, "--secret-from=s3cret"], "secret_missing"),
        (["main"], "endpoint_invalid"),
        (["mock", URL], "endpoint_invalid"),
        (["main", "--url=http://localhost:11434/v1"], "endpoint_blocked"),
        (["main", "--url=https://u:s3cret@api.example.org"], "endpoint_url_invalid"),
    ],
)
def test_what_is_wrong_is_told_without_the_secret(arguments: list[str], code: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    assert (caught.value.returncode, f"[{code}]" in str(caught.value)) == (2, True)
    assert "s3cret" not in str(caught.value)
    assert not Endpoint.objects.exists()


def test_a_new_endpoint_without_a_url_is_told_what_it_lacks() -> None:
    with pytest.raises(CommandError, match="a new one needs --url"):
        run("main")


def test_secrets_are_resealed(
    acme: Tenant, knobs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "s3cret")
    knobs(secrets_keys=json.dumps(["o" * 32]))
    run("main", URL, "--secret-from=env:KEY")
    knobs(secrets_keys=json.dumps(["n" * 32, "o" * 32]))
    call_command("resealsecrets", stderr=io.StringIO())
    assert is_current(Endpoint.objects.get())
    knobs(secrets_keys=json.dumps(["x" * 32]))
    with pytest.raises(CommandError, match="secret_sealed"):
        call_command("resealsecrets")


@pytest.mark.parametrize("keys", ['["short-s3cret"]', "s3cret-and-no-json", '["s3cret'])
def test_bad_keys_stop_the_settings_and_are_not_told(knobs: Callable[..., None], keys: str) -> None:
    from evalsite.env import SettingsInvalid, load

    knobs(secrets_keys=keys)
    with pytest.raises(SettingsInvalid) as caught:
        load()
    assert "s3cret" not in str(caught.value)
