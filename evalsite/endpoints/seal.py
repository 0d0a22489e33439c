"""Seal the secret of an address outside, so that a copy of the database opens nothing.

The key of each seal is derived (HKDF, RFC 5869) from a key of the deployment together with the
tenant, the row and the origin of its URL. A sealed value that is copied to another row, or
whose row is pointed at another host, cannot be opened.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from django.conf import settings
from pydantic import SecretStr

from evalsite.embedded.keep import keep_password
from evalsite.endpoints.guard import origin
from evalsite.endpoints.models import OutboundAddress
from evalsite.env import load
from evalsite.errors import EvalsiteError
from evalsite.tenants.scope import require

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_PURPOSE: Final = b"evalsite endpoint secret 1"
_KEY_BYTES: Final = 32


class SecretSealed(EvalsiteError):
    """No key of this deployment opens a secret."""

    code = "secret_sealed"
    hint = (
        "give each host the same SECRETS_KEYS, old keys included, or set the secret again: "
        "manage.py setendpoint, setwebhook"
    )


def seal(address: OutboundAddress, secret: SecretStr) -> str:
    """Answer the secret sealed for this address, by the first key."""
    return _locks(address)[0].encrypt(secret.get_secret_value().encode()).decode()


def open_secret(address: OutboundAddress) -> str | None:
    """Answer the address's secret, or None where it has none; raises SecretSealed."""
    from cryptography.fernet import InvalidToken, MultiFernet

    if not address.sealed_secret:
        return None
    try:
        return MultiFernet(_locks(address)).decrypt(address.sealed_secret).decode()
    except InvalidToken:
        raise SecretSealed(f"the secret of {address.name!r} cannot be opened") from None


def is_current(address: OutboundAddress) -> bool:
    """Answer whether the first key opens the secret, or there is none."""
    from cryptography.fernet import InvalidToken

    try:
        return not address.sealed_secret or bool(_locks(address)[0].decrypt(address.sealed_secret))
    except InvalidToken:
        return False


def mark_key() -> bytes:
    """Derive the key of the marks that fence what a model judges: one per tenant, on all hosts."""
    return _derived(_keys()[0], b"evalsite judge mark 1", str(require()).encode())


def _locks(address: OutboundAddress) -> list[Fernet]:
    from cryptography.fernet import Fernet

    home = origin(address.base_url).encode()
    bound_to = (_PURPOSE, str(address.tenant_id).encode(), address.pk.bytes, home)
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
