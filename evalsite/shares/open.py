"""Open a link: its token alone says whose page is read, and which."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from evalsite.audit.record import record
from evalsite.errors import EvalsiteError
from evalsite.shares.models import Share
from evalsite.shares.queries import digest_of
from evalsite.tenants import bootstrap
from evalsite.tenants.acting import acting, system
from evalsite.tenants.scope import nobody, tenant

# Whoever has the link may read, also a person who is signed in to another tenant: not named here.
_READER: Final = system("shared link")


class ShareGone(EvalsiteError):
    """The link is revoked, too old, none that evalsite made, or what it showed is gone."""

    code = "share_gone"
    hint = "ask whoever sent it for another link"
    http_status = 404


@contextmanager
@sensitive_variables("token")
def opened(token: str) -> Iterator[Share]:
    """Work for the tenant of an open link inside the block; raises ShareGone.

    The same error for every reason: nobody learns from it that there was a link. Only the HMAC of
    the token is looked for.
    """
    rows = bootstrap.ask("share_of", digest_of(token))
    if not rows:
        raise ShareGone("this link opens nothing")
    ((pk, tenant_id),) = rows
    with nobody(), tenant(tenant_id), acting(_READER):
        yield Share.objects.get(pk=pk)


@transaction.atomic
def count_use(share: Share) -> None:
    """Count that the page was shown; the first time is audited."""
    used = Share.objects.filter(pk=share.pk)
    now = timezone.now()
    if used.filter(first_used_at=None).update(first_used_at=now):
        record("share.first_used", share, made_by=share.made_by)
    used.update(uses=F("uses") + 1, last_used_at=now)
