"""Let a link open nothing any more."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from evalsite.audit.record import record
from evalsite.shares.models import Share
from evalsite.tenants.acting import current


@transaction.atomic
def revoke_share(share: Share, *, actor: object = "") -> None:
    """Revoke a link, from the next request on; audited. Doing it again changes nothing."""
    by = (str(actor) or current().name)[:200]
    standing = Share.objects.filter(pk=share.pk, revoked_at=None)
    if standing.update(revoked_at=timezone.now(), revoked_by=by):
        record("share.revoked", share, actor=actor, uses=share.uses)
