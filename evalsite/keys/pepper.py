"""What of an API key is stored: its HMAC under a key of the deployment, the pepper.

A fast digest is enough, as the secret part has 190 random bits: nobody guesses it, and a stolen
table alone cannot even be tried against. The version of a pepper is a mark made from it, so that
peppers may be put before others without renumbering.
"""

from __future__ import annotations

import hmac
from typing import Final

from django.conf import settings

from evalsite.env import load

_PURPOSE: Final = b"evalsite api key pepper 1"
_VERSION_PURPOSE: Final = b"evalsite api key pepper version 1"
_VERSION_LENGTH: Final = 12


def current_version() -> str:
    """Answer the version that new keys are stored under."""
    return next(iter(_peppers()))


def digest(token: str, *, version: str) -> str:
    """Answer the digest of a key in hex; of an unknown version, one that no key has."""
    peppers = _peppers()
    pepper = peppers.get(version) or next(iter(peppers.values()))
    bound = token if version in peppers else f"unknown version {token}"
    return hmac.digest(pepper, bound.encode(), "sha256").hex()


def _peppers() -> dict[str, bytes]:
    """Give the deployment's peppers by version, the first one first."""
    chosen = [pepper.get_secret_value() for pepper in load().api_key_peppers]
    return dict(map(_derived, chosen or [settings.SECRET_KEY]))


def _derived(chosen: str) -> tuple[str, bytes]:
    """Separate the pepper from whatever else the same text may be used for."""
    pepper = hmac.digest(chosen.encode(), _PURPOSE, "sha256")
    version = hmac.digest(pepper, _VERSION_PURPOSE, "sha256").hex()
    return version[:_VERSION_LENGTH], pepper
