"""Sign what is sent to a webhook, as the Standard Webhooks specification (1.0) says."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import Final

from pydantic import SecretStr

from evalsite.errors import EvalsiteError

PREFIX: Final = "whsec_"
_BYTES: Final = 32
_ALLOWED_BYTES: Final = range(24, 65)


class WebhookSecretInvalid(EvalsiteError):
    """The text is no secret that a signature can be made with."""

    code = "webhook_secret_invalid"
    hint = "whsec_ and 24 to 64 bytes in base64; without a secret one is made"
    exit_code = 2
    http_status = 422


def new_secret() -> SecretStr:
    """Make a secret: `whsec_` and 32 random bytes in base64."""
    return SecretStr(PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode())


def key_of(secret: SecretStr) -> bytes:
    """Answer the key inside a secret; raises WebhookSecretInvalid."""
    text = secret.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise WebhookSecretInvalid("the secret is no base64") from None
    if not text.startswith(PREFIX) or len(key) not in _ALLOWED_BYTES:
        raise WebhookSecretInvalid("the secret does not begin with whsec_, or its length is wrong")
    return key


def signed_headers(message_id: str, body: bytes, *, at: int, secret: SecretStr) -> dict[str, str]:
    """Answer the three headers: HMAC-SHA256 over id, time (Unix seconds) and body."""
    signed = b".".join((message_id.encode(), str(at).encode(), body))
    signature = base64.b64encode(hmac.digest(key_of(secret), signed, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }
