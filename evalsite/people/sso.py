"""Single sign-on by OpenID Connect, and a second factor: what the extra `sso` needs to be set.

The settings module asks for it where OIDC_SERVER_URL is set. Without that nothing of it is loaded.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final

from evalsite.env import Env, SettingsInvalid

PROVIDER: Final = "sso"
APPS: Final = [
    *("allauth", "allauth.account", "allauth.socialaccount"),
    *("allauth.socialaccount.providers.openid_connect", "allauth.mfa"),
]
MIDDLEWARE: Final = ["allauth.account.middleware.AccountMiddleware"]
_ADAPTERS: Final = "evalsite.people.sso_adapters"


def knobs(env: Env) -> dict[str, Any]:
    """Answer Django's settings for it; raises SettingsInvalid where the extra is not installed."""
    if find_spec("allauth") is None:
        raise SettingsInvalid("OIDC_SERVER_URL needs the extra: pip install 'evalsite[sso]'")
    return {
        "ACCOUNT_ADAPTER": f"{_ADAPTERS}.Accounts",
        "SOCIALACCOUNT_ADAPTER": f"{_ADAPTERS}.SocialAccounts",
        "MFA_ADAPTER": f"{_ADAPTERS}.Factors",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": _provider(env)},
        # A person who is known by the address that the provider has verified is that person.
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        # A link and no form: the content security policy lets no form lead to another host.
        "SOCIALACCOUNT_LOGIN_ON_GET": True,
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        "MFA_TOTP_ISSUER": "evalsite",
    }


def _provider(env: Env) -> dict[str, Any]:
    secret = env.oidc_client_secret.get_secret_value() if env.oidc_client_secret else ""
    app = {
        "provider_id": PROVIDER,
        "name": env.oidc_name,
        "client_id": env.oidc_client_id,
        "secret": secret,
        "settings": {"server_url": env.oidc_server_url},
    }
    return {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
