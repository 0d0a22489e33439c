"""Sign in through a provider and with a second factor, in a process whose settings have both.

Prints what was seen as one JSON object. OIDC_SERVER_URL is replaced by a provider of its own.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from tests.people.provider import Provider, running_provider

TOTP_SECRET = "JBSWY3DPEHPK3PXP"
APPS = ("mfa", "socialaccount", "account")


def main() -> None:
    """Run with tables of its own, which are gone at the end."""
    with running_provider() as provider:
        os.environ["OIDC_SERVER_URL"] = provider.url
        django.setup()
        # A good hash is slow by design, and not what is looked at here.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        call_command("migrate", verbosity=0)
        try:
            print(json.dumps({**by_provider(provider), **by_factor(), **doors()}))
        finally:
            for app in APPS:
                call_command("migrate", app, "zero", verbosity=0)


def browser() -> Client:
    return Client(SERVER_NAME="localhost")


def who(client: Client) -> str:
    """The name of who is signed in."""
    from django.contrib.auth import get_user

    request: Any = type("Request", (), {"session": client.session, "META": {}})()
    return str(get_user(request))


def through(provider: Provider, **person: Any) -> tuple[Client, dict[str, list[str]]]:
    """Let the provider name a person; answers the browser, and what the provider was asked."""
    provider.person = {"sub": person["email"], **person}
    client = browser()
    away = client.get("/sso/oidc/sso/login/?next=/").headers["Location"]
    assert away.startswith(f"{provider.url}/authorize?"), away
    asked = parse_qs(urlsplit(away).query)
    client.get("/sso/oidc/sso/login/callback/", {"code": "c", "state": asked["state"][0]})
    return client, asked


def by_provider(provider: Provider) -> dict[str, Any]:
    from tests.people.joined import member

    acme = tenant_of("acme")
    with acme:
        member(username="ann", email="ann@example.org")
        member(username="bob", email="bob@example.org")
        member(username="cat")
    new, asked = through(provider, email="new@example.org", email_verified=True)
    known, _ = through(provider, email="ann@example.org", email_verified=True)
    unproven, _ = through(provider, email="bob@example.org", email_verified=False)
    return {
        "link": b"Sign in by the company" in browser().get("/signin/").content,
        "pkce": asked["code_challenge_method"],
        "new": [who(new), new.get("/admin/", follow=True).status_code],
        "new_sees": b"You belong to no tenant yet" in new.get("/tenant/").content,
        "known": [who(known), known.get("/admin/").status_code],
        "known_by_password": browser().login(username="ann", password="secret"),
        "unproven": who(unproven),
        "audited": actions(),
    }


def by_factor() -> dict[str, Any]:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import (
        TOTP,
        format_hotp_value,
        hotp_value,
        yield_hotp_counters_from_time,
    )
    from django.contrib.auth.models import User

    cat = User.objects.get(username="cat")
    TOTP.activate(cat, TOTP_SECRET)
    kept = str(Authenticator.objects.get(user=cat).data)
    client = browser()
    asked = client.post("/signin/", {"username": "cat", "password": "secret"})
    before = who(client)
    client.post("/sso/2fa/authenticate/", {"code": "000000"})
    wrong = who(client)
    counter = next(iter(yield_hotp_counters_from_time()))
    code = format_hotp_value(hotp_value(TOTP_SECRET, counter))
    client.post("/sso/2fa/authenticate/", {"code": code})
    return {
        "factor_asked": asked.headers["Location"],
        "factor_before": [before, wrong],
        "factor_after": who(client),
        "factor_sealed": TOTP_SECRET not in kept,
        "factor_page": client.get("/sso/2fa/").status_code,
    }


def doors() -> dict[str, Any]:
    """Where allauth's own pages lead."""
    own = ("login", "signup", "password/reset", "password/change")
    return {"doors": [browser().get(f"/sso/{page}/").headers.get("Location") for page in own]}


def tenant_of(slug: str) -> Any:
    from evalsite.tenants.models import Tenant
    from evalsite.tenants.scope import tenant

    return tenant(Tenant.objects.create(slug=slug, name=slug).pk)


def actions() -> list[str]:
    from evalsite.audit.models import Entry
    from evalsite.tenants.models import Tenant
    from evalsite.tenants.scope import tenant

    with tenant(Tenant.objects.get().pk):
        return list(Entry.objects.order_by("recorded_at").values_list("action", flat=True))


if __name__ == "__main__":
    main()
