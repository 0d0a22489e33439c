"""Revoke a key: the next request with it is refused."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.keys.models import ApiKey


def revoke_key(key: ApiKey, *, actor: object = "") -> None:
    """Revoke a key of the tenant in scope; audited. Revoking it again changes nothing."""
    now = timezone.now()
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            key.revoked_at = now
            record("key.revoked", key, actor=actor)
