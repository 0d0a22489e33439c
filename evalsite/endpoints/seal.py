"""Seal an endpoint's secret, so that a copy of the database opens nothing.

The key of each seal is derived (HKDF, RFC 5869) from a key of the deployment together with the
tenant, the endpoint and the origin of its URL. A sealed value that is copied to another row, or
whose row is pointed at another host, cannot be opened.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from django.conf import settings
from pydantic import SecretStr

from evalsite.embedded.keep import keep_password
from evalsite.endpoints.guard import origin
from evalsite.endpoints.models import Endpoint
from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.tenants.scope import require

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_PURPOSE: Final = b"evalsite endpoint secret 1"
_KEY_BYTES: Final = 32


class SecretSealed(EvalsiteError):
    """No key of this deployment opens the endpoint's secret."""

    code = "secret_sealed"
    hint = (
        "give each host the same SECRETS_KEYS, old keys included, or set the secret again: "
        "manage.py setendpoint"
    )


def seal(endpoint: Endpoint, secret: SecretStr) -> str:
    """Answer the secret sealed for this endpoint, by the first key."""
    return _locks(endpoint)[0].encrypt(secret.get_secret_value().encode()).decode()


def open_secret(endpoint: Endpoint) -> str | None:
    """Answer the endpoint's secret, or None where it has none; raises SecretSealed."""
    from cryptography.fernet import InvalidToken, MultiFernet

    if not endpoint.sealed_secret:
        return None
    try:
        return MultiFernet(_locks(endpoint)).decrypt(endpoint.sealed_secret).decode()
    except InvalidToken:
        raise SecretSealed(f"the secret of endpoint {endpoint.name!r} cannot be opened") from None


def is_current(endpoint: Endpoint) -> bool:
    """Answer whether the first key opens the secret, or there is none."""
    from cryptography.fernet import InvalidToken

    try:
        return not endpoint.sealed_secret or bool(
            _locks(endpoint)[0].decrypt(endpoint.sealed_secret)
        )
    except InvalidToken:
        return False


def mark_key() -> bytes:
    """Derive the key of the marks that fence what a model judges: one per tenant, on all hosts."""
    return _derived(_keys()[0], b"evalsite judge mark 1", str(require()).encode())


def _locks(endpoint: Endpoint) -> list[Fernet]:
    from cryptography.fernet import Fernet

    home = origin(endpoint.base_url).encode()
    bound_to = (_PURPOSE, str(endpoint.tenant_id).encode(), endpoint.pk.bytes, home)
    derived = (_derived(key, *bound_to) for key in _keys())
    return [Fernet(base64.urlsafe_b64encode(key)) for key in derived]


def _derived(key: SecretStr, *bound_to: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    step = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"\0".join(bound_to))
    return step.derive(key.get_secret_value().encode())


def _keys() -> list[SecretStr]:
    """Give the deployment's keys, the newest first; without any, one made once and kept."""
    chosen = load().secrets_keys
    if chosen:
        return list(chosen)
    return [SecretStr(keep_password(settings.LAYOUT.data / "secrets_key", n_bytes=_KEY_BYTES))]
