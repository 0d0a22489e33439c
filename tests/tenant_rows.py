"""Rows of people, keys, quotas and the audit trail, for the tenant in scope."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from evalsite.api.models import Answered
from evalsite.audit.models import Anchor, Entry, Link
from evalsite.keys.models import ApiKey
from evalsite.people.models import Invitation
from evalsite.quotas.models import Quota, Spending, Turn
from evalsite.shares.models import Share
from evalsite.tenants.models import Membership, Role

_numbers = count(1)


def make_user(**fields: Any) -> User:
    """A person who can sign in with the password "secret"."""
    return User.objects.create_user(
        fields.pop("username", f"person-{uuid4()}"), password="secret", **fields
    )


def make_membership(**fields: Any) -> Membership:
    """A person's role in the tenant."""
    fields.setdefault("user", make_user())
    return Membership.objects.create(**{"role": Role.CURATOR, **fields})


def make_entry(**fields: Any) -> Entry:
    """An audit entry."""
    return Entry.objects.create(**{"action": "case.changed", "subject": "x", **fields})


def make_api_key(**fields: Any) -> ApiKey:
    """A good key that may do everything; nobody has it."""
    given = {"name": f"key-{uuid4().hex}", "public_id": uuid4().hex[:12], "digest": uuid4().hex * 2}
    rights = {"role": Role.OWNER, "scopes": ["*:read", "*:write"], "pepper_version": "none"}
    ends = timezone.now() + timedelta(days=90)
    return ApiKey.objects.create(**{**given, **rights, "expires_at": ends, **fields})


def make_invitation(**fields: Any) -> Invitation:
    """A mail to a curator that nobody has."""
    given = {"email": f"{uuid4()}@example.org", "role": Role.CURATOR}
    ends = timezone.now() + timedelta(days=7)
    return Invitation.objects.create(
        **{**given, "digest": uuid4().hex * 2, "expires_at": ends, **fields}
    )


def make_link(**fields: Any) -> Link:
    """The link of a new entry: only the database makes one, at commit."""
    entry = make_entry(**fields)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS audit_entry_link IMMEDIATE")
    return Link.objects.get(pk=entry.pk)


def make_anchor(**fields: Any) -> Anchor:
    """Where the chain of a new entry begins."""
    return Anchor.objects.get(tenant=make_link(**fields).tenant)


def make_answered(**fields: Any) -> Answered:
    """A request that was answered with 201."""
    return Answered.objects.create(
        **{"key": f"key-{uuid4().hex}", "asked": "0" * 64, "status": 201, "body": {}, **fields}
    )


def make_quota(**fields: Any) -> Quota:
    """What the tenant may have."""
    return Quota.objects.create(**{"max_cases": 1_000_000, **fields})


def make_spending(**fields: Any) -> Spending:
    """What the tenant has spent in a month."""
    return Spending.objects.create(**{"month": timezone.now().date().replace(day=1), **fields})


def make_turn(**fields: Any) -> Turn:
    """Where the tenant stands in a lane's rotation: one chunk was sent."""
    return Turn.objects.create(
        **{"lane": f"lane{next(_numbers)}", "started": 0.0, "passed": 0.5, "n_sent": 1, **fields}
    )


def make_share(**fields: Any) -> Share:
    """A link to a comparison, for a week, that nobody has."""
    given = {"kind": "comparison", "subject_id": uuid4(), "made_by": "ann"}
    ends = timezone.now() + timedelta(days=7)
    return Share.objects.create(
        **{**given, "digest": uuid4().hex * 2, "expires_at": ends, **fields}
    )
