"""Mute by a link: the token in it is signed, and opens a few subscriptions of one tenant only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core import signing

from evalsite.alerts.models import Subscription
from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.tenants.scope import nobody, require, tenant

_SALT: Final = "evalsite.alerts.mute"
_LINK: Final = re.compile(r"/mute/[\w:.=-]+/?")
_BLANK: Final = "/mute/.../"
VALID_DAYS: Final = 365
_MOST: Final = 20


class MuteLinkInvalid(EvalsiteError):
    """The link is none that evalsite made, or too old."""

    code = "mute_link_invalid"
    hint = "use the link of a newer mail, or ask an administrator to change the subscription"
    exit_code = 2


class Muted(NamedTuple):
    """What a link stands for, in words; `is_muted` is how it is now."""

    recipient: str
    subjects: list[str]
    is_muted: bool


def mute_url(subscriptions: Iterable[UUID]) -> str:
    """Answer the link that mutes these subscriptions of the tenant in scope."""
    rows = [pk.hex for pk in subscriptions][:_MOST]
    token = signing.dumps([require().hex, *rows], salt=_SALT)
    return f"{settings.SITE_URL}/mute/{token}/"


def blank_url() -> str:
    """Answer what stands in a message that is kept: the link is put in when it is sent."""
    return f"{settings.SITE_URL}{_BLANK}"


def with_links(text: str, *, mute: str) -> str:
    """Answer a message as its recipient gets it."""
    return text.replace(_BLANK, mute.removeprefix(settings.SITE_URL))


def without_links(text: str) -> str:
    """Answer a message as others than its recipient may read it: a link to mute is a key."""
    return _LINK.sub(_BLANK, text)


def look(token: str) -> Muted:
    """Answer what the link stands for; raises MuteLinkInvalid."""
    return _with(token, change=None)


def change(token: str, *, is_muted: bool) -> Muted:
    """Mute what the link stands for, or unmute it; audited. Raises MuteLinkInvalid."""
    return _with(token, change=is_muted)


def _with(token: str, *, change: bool | None) -> Muted:
    try:
        owner, *rows = signing.loads(token, salt=_SALT, max_age=VALID_DAYS * 86_400)
    except signing.SignatureExpired:
        raise MuteLinkInvalid("this link is too old") from None
    except signing.BadSignature:
        raise MuteLinkInvalid("this is no link that evalsite made") from None
    # Whoever is signed in may work for another tenant: the token alone says whose rows these are.
    with nobody(), tenant(owner):
        found = Subscription.objects.filter(pk__in=rows).select_related(
            "suite", "target", "webhook"
        )
        if change is not None:
            for subscription in found.exclude(is_muted=change):
                Subscription.objects.filter(pk=subscription.pk).update(is_muted=change)
                verb = "muted" if change else "unmuted"
                sides = {"before": {"is_muted": not change}, "after": {"is_muted": change}}
                record(f"subscription.{verb}", subscription, actor="mute link", **sides)
        return _in_words(list(found.all()))


def _in_words(subscriptions: list[Subscription]) -> Muted:
    if not subscriptions:
        raise MuteLinkInvalid("the subscription is gone already")
    return Muted(
        recipient=subscriptions[0].email or str(subscriptions[0].webhook),
        subjects=sorted({_subject(subscription) for subscription in subscriptions}),
        is_muted=all(subscription.is_muted for subscription in subscriptions),
    )


def _subject(subscription: Subscription) -> str:
    """Say what a subscription is about."""
    suite = f"suite {subscription.suite.name}" if subscription.suite else "every suite"
    return f"{suite}, target {subscription.target.name}" if subscription.target else suite
