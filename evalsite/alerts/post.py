"""Post an alert to its webhook, once: who calls this tries again.

The guard of endpoints keeps the call away from what only this machine can reach, and no redirect
is followed. Of the answer only its status and Retry-After are looked at.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from pydantic import SecretStr

from evalsite.alerts.models import Alert, Webhook, WebhookKind
from evalsite.alerts.sign import signed_headers
from evalsite.endpoints.guard import open_session
from evalsite.endpoints.models import Endpoint
from evalsite.endpoints.seal import open_secret
from evalsite.errors import EvalsiteError
from judges.trouble import retry_after

TIMEOUT_SECONDS: Final = 10.0
_GONE: Final = 410
_JSON: Final = {"Content-Type": "application/json", "User-Agent": "evalsite"}


class WebhookFailed(EvalsiteError):
    """The webhook did not take the message; `retry_after` is in seconds, None if not told."""

    code = "webhook_failed"
    hint = "it is tried again; then replayalerts sends what failed"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class WebhookGone(WebhookFailed):
    """The webhook says that it is there no more (410), or somebody has switched it off."""

    code = "webhook_gone"
    hint = "setwebhook switches it on again; then replayalerts sends what failed"


def post(alert: Alert) -> None:
    """Send the alert's body to its webhook, as the alert's id however often.

    Raises WebhookFailed, WebhookGone, and what the guard raises (EndpointBlocked, Redirected).
    """
    webhook = alert.subscription.webhook
    if webhook is None or not webhook.is_active:
        raise WebhookGone("the webhook is switched off")
    body = alert.text.encode()
    url, headers = _addressed(webhook, message_id=str(alert.pk), body=body)
    asyncio.run(_post(webhook, url=url, headers=headers, body=body))


def _addressed(webhook: Webhook, *, message_id: str, body: bytes) -> tuple[str, dict[str, str]]:
    secret = open_secret(webhook) or ""
    if webhook.kind == WebhookKind.SLACK:
        return webhook.base_url.rstrip("/") + secret, _JSON
    now = int(time.time())
    signed = signed_headers(message_id, body, at=now, secret=SecretStr(secret))
    return webhook.base_url, {**_JSON, **signed}


async def _post(webhook: Webhook, *, url: str, headers: dict[str, str], body: bytes) -> None:
    import aiohttp

    place = Endpoint(base_url=webhook.base_url, parallel=1, timeout_s=TIMEOUT_SECONDS)
    try:
        async with (
            open_session(place) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            _check(response.status, headers=response.headers)
    except TimeoutError:
        raise WebhookFailed(f"no answer within {TIMEOUT_SECONDS:.0f} s") from None
    except (aiohttp.ClientError, OSError) as error:
        # What it says may name the URL, which of a Slack webhook is the secret.
        raise WebhookFailed(f"no answer: {type(error).__name__}") from None


def _check(status: int, *, headers: Any) -> None:
    if status == _GONE:
        raise WebhookGone(f"the webhook answered {status}")
    if not 200 <= status < 300:
        message = f"the webhook answered {status}"
        raise WebhookFailed(message, retry_after=retry_after(headers))
