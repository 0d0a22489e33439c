"""Record what was done, in the transaction that does it."""

from __future__ import annotations

from typing import Any

from evalsite.audit.models import Entry


def record(action: str, subject: object, *, actor: object = "", **details: Any) -> Entry:
    """Add an entry for the tenant in scope; raises NoTenant without one.

    `details` must be plain JSON and hold no secret and no case content.
    """
    return Entry.objects.create(
        action=action, subject=str(subject)[:200], actor=str(actor)[:200], details=details
    )
