"""Find links, by what they show or by their token."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from evalsite.shares.models import Share

_SALT: Final = "evalsite.shares.share 1"


def shares_of(subject_id: UUID) -> QuerySet[Share]:
    """Answer the links to a row, the newest first, with those that open nothing any more."""
    return Share.objects.filter(subject_id=subject_id).order_by("-created_at", "-pk")


def digest_of(token: str) -> str:
    """Answer what is stored of a link's token."""
    return salted_hmac(_SALT, token, algorithm="sha256").hexdigest()
