"""Find out whose key a program shows. Nothing is cached: a revoked key ends at the next request."""

from __future__ import annotations

import hmac
import logging
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from evalsite.audit.record import record_hourly
from evalsite.errors import EvalsiteError
from evalsite.keys import pepper
from evalsite.keys.holder import KeyHolder
from evalsite.keys.models import ApiKey
from evalsite.keys.token import public_id_of
from evalsite.tenants import bootstrap
from evalsite.tenants.acting import Actor, ActorKind, acting
from evalsite.tenants.models import Role
from evalsite.tenants.scope import nobody, tenant

_log = logging.getLogger(__name__)


class KeyRefused(EvalsiteError):
    """The key opens nothing: unknown, wrong, expired, revoked, or its tenant is closed.

    Which of these is not told: whoever tries keys learns nothing. `public_id` is empty for what
    has not the form of a key, and `was_right` tells a key that has ended from a guess.
    """

    code = "key_refused"
    hint = "check the key, or ask an admin of the tenant for a new one; `listkeys` shows its state"
    http_status = 401

    def __init__(self, public_id: str = "", *, was_right: bool = False) -> None:
        super().__init__("the key is not good")
        self.public_id = public_id
        self.was_right = was_right


class _Found(NamedTuple):
    """A row of app.key_of: `ended` says how the key ended, `noted` that its use is known."""

    key_id: UUID
    tenant_id: UUID
    name: str
    role: str
    scopes: list[str]
    digest: str
    pepper_version: str
    ended: str
    rotated: bool
    noted: bool


@sensitive_variables("token")
def verify(token: str) -> KeyHolder:
    """Answer the holder of a good key; raises KeyRefused. The scope is left as it is.

    A text with a wrong checksum asks no database. At most once a minute the use is noted in
    `last_used_at`, and once an hour in the tenant's audit trail.
    """
    public_id = public_id_of(token)
    if public_id is None:
        raise KeyRefused
    found = _look_up(public_id)
    # An unknown id costs a digest like a known one.
    version, kept = (found.pepper_version, found.digest) if found else ("", "")
    is_right = hmac.compare_digest(pepper.digest(token, version=version), kept)
    if found is None or not is_right:
        raise KeyRefused(public_id)
    holder = _holder(found, public_id=public_id)
    if found.ended:
        _note_reuse(found, holder=holder)
        raise KeyRefused(public_id, was_right=True)
    if not found.noted:
        _note_use(found, holder=holder, token=token)
    return holder


def _look_up(public_id: str) -> _Found | None:
    rows = bootstrap.ask("key_of", public_id)
    return _Found(*rows[0]) if rows else None


def _holder(found: _Found, *, public_id: str) -> KeyHolder:
    return KeyHolder(
        key_id=found.key_id,
        public_id=public_id,
        name=found.name,
        tenant_id=found.tenant_id,
        role=Role(found.role),
        scopes=frozenset(found.scopes),
    )


@sensitive_variables("token")
def _note_use(found: _Found, *, holder: KeyHolder, token: str) -> None:
    """Note that the key is in use, and store it under the newest pepper."""
    version = pepper.current_version()
    news: dict[str, Any] = {"last_used_at": timezone.now()}
    if version != found.pepper_version:
        news |= {"pepper_version": version, "digest": pepper.digest(token, version=version)}
    with nobody(), tenant(found.tenant_id), _as(holder), transaction.atomic():
        ApiKey.objects.filter(pk=found.key_id).update(**news)
        record_hourly("key.used", _row(holder))


def _note_reuse(found: _Found, *, holder: KeyHolder) -> None:
    """Tell the tenant that somebody still has a key that was rotated away or revoked."""
    if not found.rotated and found.ended != "revoked":
        return
    _log.warning("key %s was used after its end", holder.public_id)
    ended = "rotated" if found.rotated and found.ended == "expired" else found.ended
    with nobody(), tenant(found.tenant_id), _as(holder):
        record_hourly("key.reused", _row(holder), ended=ended)


def _as(holder: KeyHolder) -> AbstractContextManager[None]:
    return acting(Actor(kind=ActorKind.KEY, name=str(holder), role=holder.role))


def _row(holder: KeyHolder) -> ApiKey:
    """Answer the key as the audit trail names it, without reading it again."""
    names = {"name": holder.name, "public_id": holder.public_id}
    return ApiKey(pk=holder.key_id, tenant_id=holder.tenant_id, **names)
