"""What allauth asks of a site: who may have an account, and how a second factor is kept."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

_SALT = "evalsite.people.second_factor 1"


class Accounts(DefaultAccountAdapter):
    """Nobody makes an account by a form: an invitation or the provider does."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Answer no."""
        return False


class SocialAccounts(DefaultSocialAccountAdapter):
    """Whoever the provider knows has an account; a tenant lets them in by an invitation."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Answer yes: an account without a membership sees nothing."""
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Name a new person by the address, as an invitation does."""
        user = super().populate_user(request, sociallogin, data)
        user.username = user.email or user.username
        return user


class Factors(DefaultMFAAdapter):
    """Secrets of second factors are sealed, so that a copy of the database opens nothing."""

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return _lock().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret."""
        return _lock().decrypt(encrypted_text).decode()


def _lock() -> Fernet:
    key = salted_hmac(_SALT, "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
