"""Make a link to one page. Its token is told once, here; what is stored opens nothing."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final, NamedTuple

from django.db import transaction
from django.utils import timezone
from pydantic import SecretStr

from evalsite.audit.record import record
from evalsite.errors import UsageError
from evalsite.shares.models import Share, ShareKind
from evalsite.shares.queries import digest_of
from evalsite.tenants.acting import current
from evalsite.tenants.models import TenantModel

DAYS: Final = (1, 7, 30)
_TOKEN_BYTES: Final = 32


class ShareInvalid(UsageError):
    """A link cannot be as it was asked for."""

    code = "share_invalid"
    hint = "share a comparison or a batch for 1, 7 or 30 days"


class Made(NamedTuple):
    """A link's row and its token, which nobody can ask for again."""

    share: Share
    token: SecretStr


def make_share(
    subject: TenantModel, *, days: int, with_cases: bool = False, actor: object = ""
) -> Made:
    """Make a read-only link to a comparison or batch of the tenant in scope; audited.

    `with_cases` shows its reader the worst cases, too. Raises ShareInvalid for another kind of row,
    and for days that are not one of DAYS.
    """
    kind = str(subject._meta.model_name)
    if kind not in ShareKind.values:
        raise ShareInvalid(f"a {kind} cannot be shared")
    if days not in DAYS:
        raise ShareInvalid(f"a link cannot live {days} days")
    token = SecretStr(secrets.token_urlsafe(_TOKEN_BYTES))
    with transaction.atomic():
        share = Share.objects.create(
            kind=kind,
            subject_id=subject.pk,
            with_cases=with_cases,
            digest=digest_of(token.get_secret_value()),
            made_by=(str(actor) or current().name)[:200],
            expires_at=timezone.now() + timedelta(days=days),
        )
        record("share.made", share, actor=actor, days=days, with_cases=with_cases)
    return Made(share, token)
