"""Are the deployment's secrets set, its own, and the same on every host?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from pydantic import SecretStr

from evalsite.doctor.finding import Finding, fail, ok, warn
from evalsite.doctor.place import is_embedded
from evalsite.env import SHORTEST_KEY, load

# Of what hosts must share: where one that was made is kept, how it is written, what it is for.
_SHARED: Final = {
    "secret_key": ("secret_key", "{}", "sessions and API keys"),
    "secrets_keys": ("secrets_key", '[\\"{}\\"]', "the endpoints' secrets"),
}
_URLS: Final = (
    *("database_url", "database_owner_url", "database_maint_url"),
    *("broker_url", "valkey_url"),
)
_PASSWORDS: Final = ("flower_password", "metrics_token")
_SHORTEST_PASSWORD: Final = 12
_FEWEST_SIGNS: Final = 8
# Of examples, this project's own among them, and of keyboards.
_KNOWN: Final = re.compile(
    r"change.?me|insecure|example|random-text|for-this-step|password|^secret\d*$|^evalsite|^postgres$"
    r"|^guest$|^(?:dev|test|admin|qwerty|123)",
    re.IGNORECASE,
)
_MAKE: Final = "python -c 'import secrets; print(secrets.token_urlsafe(48))'"


def keys() -> Iterator[Finding]:
    """Does each secret that hosts must share come from the settings, and is none an example's?"""
    found = [*_lacking(), *_weak()]
    yield from found
    if not found:
        kept = "made once, and kept in the data folder"
        yield ok(kept if is_embedded() else "set, and no example's")


def _lacking() -> Iterator[Finding]:
    for name, (file, written, of_what) in _SHARED.items():
        if not (is_embedded() or getattr(load(), name)):
            told = f"{name.upper()} is not set: each host makes its own, and cannot read {of_what}"
            kept = settings.LAYOUT.data / file
            # What was made is in use by now: another would lock out who has a key.
            value = f"$(cat {kept})" if kept.exists() else f"$({_MAKE})"
            line = f'echo "{name.upper()}={written.format(value)}" >> .env'
            fix = f"{line}   # and the same line on every other host"
            yield warn("secret_not_shared", f"{told} of the others", fix=fix)


def _weak() -> Iterator[Finding]:
    for name, secret, shortest in _given():
        why = _weakness(secret.get_secret_value(), shortest=shortest)
        if why:
            yield fail("secret_weak", f"{_spelled(name)} {why}", fix=_MAKE)


def _given() -> Iterator[tuple[str, SecretStr, int]]:
    """Yield the name of each secret that is set, itself, and how long it has to be."""
    env = load()
    for key in [env.secret_key] if env.secret_key else []:
        yield "secret_key", key, SHORTEST_KEY
    for name in ("secrets_keys", "api_key_peppers"):
        for key in getattr(env, name):
            yield name, key, SHORTEST_KEY
    for name in _PASSWORDS:
        if password := getattr(env, name):
            yield name, password, _SHORTEST_PASSWORD
    for name in _URLS:
        url = getattr(env, name)
        word = urlsplit(url.get_secret_value()).password if url else None
        if word:
            yield f"{name}'s password", SecretStr(unquote(word)), _SHORTEST_PASSWORD


def _spelled(name: str) -> str:
    """Write a setting's name as it stands in the environment."""
    setting, apostrophe, rest = name.partition("'")
    return setting.upper() + apostrophe + rest


def _weakness(secret: str, *, shortest: int) -> str:
    if len(secret) < shortest:
        return f"is shorter than {shortest} characters"
    if _KNOWN.search(secret):
        return "is an example's, or what people try first"
    return "has too few different characters" if len(set(secret)) < _FEWEST_SIGNS else ""
