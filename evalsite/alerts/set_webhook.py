"""Add or change a webhook. Its secret comes out once, when it is made, and never again."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pydantic import SecretStr

from evalsite.alerts.models import Webhook, WebhookKind
from evalsite.alerts.sign import key_of, new_secret
from evalsite.audit.changes import change
from evalsite.audit.record import record
from evalsite.endpoints.guard import check_url, origin
from evalsite.endpoints.seal import seal
from evalsite.errors import EvalsiteError


class WebhookInvalid(EvalsiteError):
    """A field of the webhook cannot be kept."""

    code = "webhook_invalid"
    hint = "a name of letters, digits, hyphens and underscores, and the URL of a new one"
    exit_code = 2
    http_status = 422


class WebhookExists(EvalsiteError):
    """The name is taken."""

    code = "webhook_exists"
    hint = "choose another name, or change the webhook that has it"


def set_webhook(
    webhook: Webhook,
    *,
    url: SecretStr | None = None,
    secret: SecretStr | None = None,
    renew: bool = False,
    actor: object = "",
) -> SecretStr | None:
    """Save a webhook, new or changed; audited. Answers the secret if one was made here.

    A standard one without a `secret` gets one; so does one that is moved to another host, or is to
    `renew` it. Of a Slack one's `url` the path is kept as its secret. Saving switches nothing on:
    `is_active` is the caller's. Raises WebhookInvalid, WebhookExists, WebhookSecretInvalid,
    UrlRefused and EndpointBlocked.
    """
    with transaction.atomic():
        known = Webhook.objects.select_for_update().filter(pk=webhook.pk).first()
        if url is None and known is None:
            raise WebhookInvalid("url: a new webhook needs one")
        made = None
        if webhook.kind == WebhookKind.SLACK:
            if secret is not None:
                raise WebhookInvalid("secret: that of a Slack webhook is the path of its URL")
            _place_slack(webhook, url)
        else:
            made = _place_standard(webhook, known, url=url, secret=secret, renew=renew)
        _check(webhook)
        if webhook.is_active:
            webhook.failing_since = None
        _save(webhook)
        sides = change(_shown(known), _shown(webhook))
        verb = "added" if known is None else "changed"
        fates = {"secret_set": bool(made or secret), "url_set": url is not None}
        record(f"webhook.{verb}", webhook, actor=actor, **fates, **sides)
    return made


def _save(webhook: Webhook) -> None:
    try:
        with transaction.atomic():
            webhook.save()
    except IntegrityError as error:
        if "alerts_webhook_name" not in str(error):
            raise
        raise WebhookExists(f"there is a webhook {webhook.name!r} already") from None


def _place_slack(webhook: Webhook, url: SecretStr | None) -> None:
    if url is None:
        return
    whole = check_url(url.get_secret_value())
    webhook.base_url = origin(url.get_secret_value())
    webhook.sealed_secret = seal(webhook, SecretStr(whole.raw_path))


def _place_standard(
    webhook: Webhook,
    known: Webhook | None,
    *,
    url: SecretStr | None,
    secret: SecretStr | None,
    renew: bool,
) -> SecretStr | None:
    """Put URL and secret in their places; answers the secret if it was made here."""
    if url is not None:
        check_url(url.get_secret_value())
        webhook.base_url = url.get_secret_value()
    moved = known is None or origin(known.base_url) != origin(webhook.base_url)
    made = new_secret() if secret is None and (moved or renew) else None
    wanted = secret or made
    if wanted is not None:
        key_of(wanted)
        webhook.sealed_secret = seal(webhook, wanted)
    return made


def _check(webhook: Webhook) -> None:
    try:
        webhook.clean_fields()
    except ValidationError as error:
        named = "; ".join(f"{name}: {' '.join(told)}" for name, told in error.message_dict.items())
        raise WebhookInvalid(named) from None


def _shown(webhook: Webhook | None) -> dict[str, object]:
    """Answer what the audit trail shows of a webhook: not its path, which may be its secret."""
    if webhook is None:
        return {}
    shown = {"name": webhook.name, "kind": webhook.kind, "is_active": webhook.is_active}
    return {**shown, "origin": origin(webhook.base_url)}
