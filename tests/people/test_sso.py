"""The extra `sso`: off unless it is set, and then two more ways to prove who one is."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from evalsite.env import ROOT, Env, SettingsInvalid
from evalsite.people import sso
from tests.services import Services

OIDC = {
    "OIDC_SERVER_URL": "http://127.0.0.1:1",
    "OIDC_NAME": "the company",
    "OIDC_CLIENT_ID": "evalsite",
    "OIDC_CLIENT_SECRET": "told-to-nobody",
}


@pytest.fixture
def seen(services: Services, committed_db: None, tmp_path: Any) -> dict[str, Any]:
    """What the journey saw."""
    pytest.importorskip("allauth", reason="the extra sso is not installed")
    environment = {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "evalsite.settings"}
    environment |= {"EVALSITE_DATA_DIR": str(tmp_path), **services.environment(), **OIDC}
    done = subprocess.run(
        [sys.executable, "-m", "tests.people.sso_journey"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert OIDC["OIDC_CLIENT_SECRET"] not in done.stdout + done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_the_provider_and_the_second_factor_sign_people_in(seen: dict[str, Any]) -> None:
    assert seen.pop("audited").count("person.signed_in") == 1
    nobody = "AnonymousUser"
    assert seen == {
        "link": True,
        "pkce": ["S256"],
        "new": ["new@example.org", 200],
        "new_sees": True,
        "known": ["ann", 200],
        "known_by_password": False,
        "unproven": nobody,
        "factor_asked": "/sso/2fa/authenticate/",
        "factor_before": [nobody, nobody],
        "factor_after": "cat",
        "factor_sealed": True,
        "factor_page": 200,
        "doors": ["/signin/", "/signin/", "/signin/", "/password/"],
    }


def test_without_settings_nothing_of_it_is_on(db: None) -> None:
    assert not set(sso.APPS) & set(settings.INSTALLED_APPS)
    assert Client().get("/sso/2fa/").status_code == 404


def test_without_the_extra_the_settings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sso, "find_spec", lambda name: None)
    with pytest.raises(SettingsInvalid, match="OIDC_SERVER_URL needs the extra"):
        sso.knobs(Env())


def test_a_provider_needs_a_client() -> None:
    with pytest.raises(ValueError, match="OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"):
        Env(oidc_server_url="https://id.example.org", oidc_client_id="x")
