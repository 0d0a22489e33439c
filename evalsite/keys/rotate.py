"""Rotate a key: a new one of the same rights, and the old one for some hours more."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.keys.issue import Issued, KeyInvalid, make_key, told
from evalsite.keys.models import ApiKey
from evalsite.keys.scopes import check_scopes
from evalsite.tenants.models import Role
from evalsite.tenants.rank import require_not_above

MOST_HOURS: Final = 24


class KeyEnded(EvalsiteError):
    """The key is expired, revoked, or rotated already."""

    code = "key_ended"
    hint = "issue a new key"


def rotate_key(key: ApiKey, *, overlap_hours: float = MOST_HOURS, actor: object = "") -> Issued:
    """Issue a key in place of this one, which then lives for `overlap_hours` (0 to 24); audited.

    The new key has the old one's name, role, scopes and length of life. Whoever rotates may have
    no lower role, and no fewer scopes. Raises KeyInvalid, KeyEnded, RoleTooHigh, ScopeTooWide.
    """
    if not 0 <= overlap_hours <= MOST_HOURS:
        raise KeyInvalid(f"keys overlap for 0 to {MOST_HOURS} hours, not {overlap_hours}")
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().get(pk=key.pk)
        now, before = timezone.now(), told(old)
        if old.revoked_at or old.rotated_to_id or old.expires_at <= now:
            raise KeyEnded(f"the key {old} has ended or was rotated")
        require_not_above(Role(old.role), giver=actor)
        scopes = check_scopes(old.scopes, giver=actor)
        days = max(1, round((old.expires_at - old.created_at) / timedelta(days=1)))
        issued = make_key(old.name, role=Role(old.role), scopes=scopes, days=days, actor=actor)
        old.expires_at = min(old.expires_at, now + timedelta(hours=overlap_hours))
        ApiKey.objects.filter(pk=old.pk).update(rotated_to=issued.key, expires_at=old.expires_at)
        record("key.rotated", old, actor=actor, before=before, after=told(old), to=str(issued.key))
    return issued
