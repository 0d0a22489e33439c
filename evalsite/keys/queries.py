"""Find keys, and say how they stand."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from evalsite.errors import UsageError
from evalsite.keys.models import ApiKey


class KeyUnknown(UsageError):
    """The tenant has no key of that public id."""

    code = "key_unknown"
    hint = "`listkeys` lists them by public id"
    http_status = 404


def keys() -> QuerySet[ApiKey]:
    """List the keys of the tenant in scope, the newest first."""
    return ApiKey.objects.order_by("-created_at", "-pk")


def find_key(public_id: str) -> ApiKey:
    """Answer the key of that public id; raises KeyUnknown."""
    found = ApiKey.objects.filter(public_id=public_id).first()
    if found is None:
        raise KeyUnknown(f"there is no key {public_id!r:.40}")
    return found


def state_of(key: ApiKey) -> str:
    """Answer `good`, `rotated` (good for some hours more), `expired` or `revoked`."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at <= timezone.now():
        return "expired"
    return "rotated" if key.rotated_to_id else "good"


def facts_of(key: ApiKey) -> dict[str, Any]:
    """Answer what may be told of a key, in plain JSON: all but its digest."""
    names = ("public_id", "name", "role", "scopes", "created_by", "pepper_version")
    moments = {
        name: getattr(key, name)
        for name in ("created_at", "expires_at", "revoked_at", "last_used_at")
    }
    return {
        "state": state_of(key),
        **{name: getattr(key, name) for name in names},
        **{name: moment and moment.isoformat() for name, moment in moments.items()},
    }
